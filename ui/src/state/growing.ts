/**
 * Text that only grows, kept in pieces. A string that grows is copied as a whole whenever somebody looks into it; of
 * this, readers take what is new to them. Each value is a moment of the text: all moments share their pieces.
 */
import type { Step } from '../ipc/gen/Step';
import type { TextPart } from '../ipc/gen/TextPart';

/** Short pieces are joined up to this length, so that there are few. */
const pieceLength = 16_384;

interface Pieces {
  texts: string[];
  /** Where each piece begins. */
  starts: number[];
  length: number;
}

export class GrowingText implements TextPart {
  declare readonly text: string;
  readonly #pieces: Pieces;
  readonly #length: number;

  private constructor(
    readonly source: string,
    pieces: Pieces,
  ) {
    this.#pieces = pieces;
    this.#length = pieces.length;
    // An own property, so that it is a part of the text like any other.
    Object.defineProperty(this, 'text', { enumerable: true, get: () => this.from(0) });
  }

  static of(part: TextPart): GrowingText {
    if (part instanceof GrowingText) return part;
    return new GrowingText(part.source, { texts: part.text ? [part.text] : [], starts: part.text ? [0] : [], length: part.text.length });
  }

  get length(): number {
    return this.#length;
  }

  /** The same text with more behind it. */
  grown(fresh: string): GrowingText {
    let pieces = this.#pieces;
    // Somebody went on from an earlier moment: the ways part.
    if (pieces.length !== this.#length) pieces = { texts: [this.text], starts: [0], length: this.#length };
    const last = pieces.texts.length - 1;
    if (last >= 0 && (pieces.texts[last] ?? '').length + fresh.length <= pieceLength) pieces.texts[last] += fresh;
    else if (fresh) {
      pieces.starts.push(pieces.length);
      pieces.texts.push(fresh);
    }
    pieces.length += fresh.length;
    return new GrowingText(this.source, pieces);
  }

  /** Whether this is a later moment of the same text, or the same one. */
  continues(earlier: GrowingText): boolean {
    return this.#pieces === earlier.#pieces && this.#length >= earlier.#length;
  }

  /** The part from one place to another; what is near the end is found at once. */
  from(at: number, to = this.#length): string {
    const { texts, starts } = this.#pieces;
    const found: string[] = [];
    for (let index = texts.length - 1; index >= 0; index--) {
      const start = starts[index] ?? 0;
      if (start < to) found.push((texts[index] ?? '').slice(Math.max(0, at - start), to - start));
      if (start <= at) break;
    }
    return found.reverse().join('');
  }
}

const thoughts = new WeakMap<Step, GrowingText>();

/** What a step thinks: a step itself has it as one string, which is not for those who look at each moment. */
export function thoughtOf(step: Step): GrowingText {
  let thought = thoughts.get(step);
  if (!thought) thoughts.set(step, (thought = GrowingText.of({ source: step.id, text: step.reasoning })));
  return thought;
}

/** Tells that a later moment of a step goes on with what an earlier one thought. */
export function thinksOn(later: Step, earlier: Step, fresh = later.reasoning.slice(earlier.reasoning.length)): void {
  if (later.reasoning.length < earlier.reasoning.length) return;
  const thought = thoughtOf(earlier);
  thoughts.set(later, fresh ? thought.grown(fresh) : thought);
}

/** Length of a text, however it is kept, without joining it. */
export function lengthOf(part: TextPart): number {
  return part instanceof GrowingText ? part.length : part.text.length;
}

/** Whether there is anything to read in it. */
export function isBlank(part: TextPart): boolean {
  if (!(part instanceof GrowingText)) return !part.text.trim();
  for (let at = 0; at < part.length; at += 256) if (part.from(at, at + 256).trim()) return false;
  return true;
}
