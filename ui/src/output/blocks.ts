/** A document that grows, as blocks in their order: its text, cut where blocks end, and the model's thinking. */
import { GrowingText, isBlank } from '../state/growing';
import { definition } from './markdown';
import { Cutter, type Frozen, type TextBlock } from './cutter';
import { ThinkingSplitter, type Said } from './thinking';

/** The model's thinking: folded away, and drawn when somebody opens it. */
export interface Thought {
  text: GrowingText;
  /** It still goes on. */
  open: boolean;
  /** How long it took in milliseconds, where that was seen. */
  took: number | null;
}

export type Block = TextBlock & { thought?: undefined } | { thought: Thought; html?: undefined };

/** Up to this length a finished text is read once more as a whole, where that may change something. */
export const readWhole = 200_000;
/** Up to this length nobody sees that it takes time. */
const readQuickly = 20_000;
/** Characters that are read at once of a text that comes faster than it can be drawn. */
const atOnce = 8192;
/** So much waiting to be drawn is left out where the reader follows the end. */
const tooMuch = 65_536;
/** How far back it can be found out that all text so far was thinking. */
const longestThought = 262_144;

interface Thinking {
  thought: Thought;
  begun: number | null;
}

export class BlockStream {
  private parts: (Cutter | Thinking)[] = [];
  private splitter = new ThinkingSplitter();
  private given: string | GrowingText | null = null;
  /** Characters of it that were read. */
  private heard = 0;
  private finished = false;
  /** The text before any thinking, while it may turn out to be thinking itself. */
  private first: string | null = '';
  private carriage = '';

  /** `live` tells that the text is seen as it is written, so that times can be taken. */
  constructor(
    private readonly live = false,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  get parsed(): number {
    return this.cutters.reduce((sum, cutter) => sum + cutter.parsed, 0);
  }

  /** Characters at the beginning that are not drawn any more. */
  get dropped(): number {
    return this.cutters.reduce((sum, cutter) => sum + cutter.dropped, 0);
  }

  private get cutters(): Cutter[] {
    return this.parts.filter((part) => part instanceof Cutter);
  }

  /** How far a text is to be read next, so that a little of the time goes into it however much has come. */
  upTo(text: string | GrowingText): number {
    if (typeof text === 'string') return text.length;
    if (this.given === null) return Math.min(text.length, atOnce);
    if (typeof this.given === 'string' || !text.continues(this.given)) return text.length;
    const left = text.length - this.heard;
    return this.heard + Math.min(left, Math.max(atOnce, Math.ceil(left / 8)));
  }

  /** Leaves out what came faster than anybody can read or the page can draw, up to a paragraph near the end. */
  skip(text: GrowingText): void {
    const part = this.parts.at(-1);
    if (text.length - this.heard < tooMuch || !(this.given instanceof GrowingText) || !text.continues(this.given) || !(part instanceof Cutter)) return;
    const gone = text.from(this.heard, text.length - atOnce);
    const end = gone.lastIndexOf('\n\n') + 2;
    // Thinking has to be read: it is no text. Its mark may have come in part.
    if (end < 2 || /<\/?think/i.test(text.from(Math.max(0, this.heard - 8), this.heard) + gone)) return;
    part.skip(gone.slice(0, end));
    this.heard += end;
    this.given = text;
    this.first = null;
  }

  /** Reads on, as far as it is told. */
  update(text: string | GrowingText, finished: boolean, upTo = text.length): Block[] {
    const fresh = this.freshOf(text, upTo);
    const ends = finished && !this.finished;
    if (fresh === null || (ends && this.given !== null && this.reads(text))) {
      this.restart();
      this.hear(typeof text === 'string' ? text : text.from(0, upTo), finished);
    } else if (fresh || ends) this.hear(fresh, finished);
    this.given = text;
    this.heard = upTo;
    this.finished = finished;
    return this.parts.flatMap((part): Block[] => {
      if (part instanceof Cutter) return part.blocks(finished);
      return isBlank(part.thought.text) ? [] : [this.block(part)];
    });
  }

  /** Whether reading it as a whole may say something else than reading it as it came. */
  private reads(text: string | GrowingText): boolean {
    if (text.length > readWhole) return false;
    return text.length <= readQuickly || this.cutters.some((cutter) => cutter.hasCuts) || definition.test(typeof text === 'string' ? text : text.text);
  }

  /** Lets go of the beginning of a text that goes on and on. */
  trim(keep: number): void {
    for (const cutter of this.cutters) cutter.trim(keep);
  }

  private readonly blocksOf = new WeakMap<Thought, Block>();

  /** The same block for the same thought, so that the page does not touch it again. */
  private block({ thought }: Thinking): Block {
    let block = this.blocksOf.get(thought);
    if (!block) this.blocksOf.set(thought, (block = { thought }));
    return block;
  }

  /** What is new, or null where the text is another one. */
  private freshOf(text: string | GrowingText, upTo: number): string | null {
    const before = this.given;
    if (before === null) return typeof text === 'string' ? text : text.from(0, upTo);
    if (this.finished && before !== text) return null;
    if (typeof text === 'string') {
      // An output takes the place of the text that was streamed, and mostly says the same.
      const earlier = typeof before === 'string' ? before : this.heard <= text.length ? before.from(0, this.heard) : null;
      return earlier !== null && text.startsWith(earlier) ? text.slice(earlier.length) : null;
    }
    return typeof before !== 'string' && text.continues(before) ? text.from(this.heard, upTo) : null;
  }

  private restart(): void {
    const known = this.cutters.map((cutter) => (cutter.dropped > 0 ? [] : cutter.all()));
    const took = this.parts.flatMap((part) => (part instanceof Cutter ? [] : [part]));
    this.parts = [];
    this.earlier = { known, took };
    this.splitter = new ThinkingSplitter();
    this.first = '';
    this.carriage = '';
  }

  /** Of the reading before this one. */
  private earlier: { known: Frozen[][]; took: Thinking[] } = { known: [], took: [] };

  private hear(fresh: string, last: boolean): void {
    let text = this.carriage + fresh;
    // Windows line ends; the second half may come with the next piece.
    this.carriage = !last && text.endsWith('\r') ? '\r' : '';
    text = text.slice(0, text.length - this.carriage.length);
    if (text.includes('\r')) text = text.replace(/\r\n?/g, '\n');
    for (const said of this.splitter.push(text, last)) this.take(said);
    const open = this.parts.at(-1);
    if (last && open && !(open instanceof Cutter) && open.thought.open) this.close(open);
  }

  private take(said: Said): void {
    let part = this.parts.at(-1);
    if (said.kind === 'text') {
      if (!(part instanceof Cutter)) {
        // Blank lines between two thoughts are no text.
        if (part && !said.text.trim()) return;
        this.parts.push((part = new Cutter(this.earlier.known.shift())));
      }
      part.add(said.text);
      if (this.first !== null) this.first = this.first.length + said.text.length > longestThought ? null : this.first + said.text;
      return;
    }
    if (said.kind === 'thinking') {
      if (part && !(part instanceof Cutter)) part.thought = { ...part.thought, text: part.thought.text.grown(said.text) };
      return;
    }
    if (said.kind === 'ends') {
      if (part && !(part instanceof Cutter)) this.close(part);
      return;
    }
    if (said.kind === 'wasThinking') {
      if (this.first === null) return;
      this.parts = [{ begun: null, thought: { text: GrowingText.of({ source: '', text: this.first }), open: false, took: null } }];
    } else if (said.kind === 'begins') {
      const seen = this.live && !this.finished;
      this.parts.push({ begun: seen ? this.clock() : null, thought: { text: GrowingText.of({ source: '', text: '' }), open: true, took: null } });
      this.first = null;
      this.keepTime();
    }
  }

  /** A thought that is read again took as long as before. */
  private keepTime(): void {
    const now = this.parts.at(-1);
    const before = this.earlier.took.shift();
    if (!before || !now || now instanceof Cutter) return;
    now.begun = before.begun;
    now.thought.took = before.thought.took;
  }

  private close(part: Thinking): void {
    const took = part.thought.took ?? (part.begun === null ? null : this.clock() - part.begun);
    part.thought = { ...part.thought, open: false, took };
  }
}
