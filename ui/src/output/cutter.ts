/**
 * Cuts Markdown that only grows into blocks. A block is final as soon as another one follows it: it is then never
 * looked at again, so that a long text costs in proportion to its length and not to its square.
 */
import type { Token } from 'marked';
import { renderTokens, tokensOf } from './markdown';

export interface TextBlock {
  html: string;
}

/** A block with the text it was made of, by which it is known again. */
export interface Frozen {
  block: TextBlock;
  raws: string[];
}

/** So many at once are drawn together: cleaning HTML costs a new document each time, whatever its size. */
const fewTokens = 64;
const together = 32;
/** A block that is longer is cut while it grows: a log or a table without end would be read again and again. */
const longest = 16_384;

export class Cutter {
  /** What may still change: the last block. */
  private tail = '';
  private frozen: Frozen[] = [];
  private last: Frozen[] = [];
  private changed = false;
  private drawnFrom = 0;
  /** How many characters were parsed so far, for the test that keeps this linear. */
  parsed = 0;
  /** Characters of the blocks that were let go. */
  dropped = 0;
  /** A block was cut because it was so long: read as a whole it would be one. */
  hasCuts = false;

  /** `known` are blocks of an earlier reading, which are used again where they stand in this one, too. */
  constructor(private known: Frozen[] = []) {}

  add(text: string): void {
    this.tail += text;
    this.changed ||= text.length > 0;
  }

  /** `whole`: nothing more follows, so that a long last block is one all the same. */
  blocks(whole = false): TextBlock[] {
    if (this.changed) this.read(whole);
    this.changed = false;
    return [...this.frozen, ...this.last].map(({ block }) => block);
  }

  all(): Frozen[] {
    return [...this.frozen, ...this.last];
  }

  /** Lets go of all there is, and of more that is not drawn. Code that began in it goes on. */
  skip(more: string): void {
    const gone = this.tail + more;
    let open: { mark: string; line: string } | null = null;
    for (const [line, mark = '', rest = ''] of gone.matchAll(/^ {0,3}(`{3,}|~{3,})(.*)$/gm)) {
      if (!open) open = { mark, line };
      else if (mark.startsWith(open.mark) && !rest.trim()) open = null;
    }
    this.dropped += this.frozen.reduce((sum, { raws }) => sum + size(raws), 0) + gone.length;
    this.frozen = [];
    this.last = [];
    this.known = [];
    this.tail = open ? `${open.line}\n` : '';
    this.changed = true;
  }

  /** Lets go of the oldest final blocks, so that about `keep` characters stay. */
  trim(keep: number): void {
    let length = this.frozen.reduce((sum, { raws }) => sum + size(raws), 0);
    // A little at a time: to take much off the page at once takes long.
    if (length < keep * 1.125) return;
    let at = 0;
    for (; length > keep && at < this.frozen.length; at++) {
      const gone = size(this.frozen[at]?.raws ?? []);
      length -= gone;
      this.dropped += gone;
    }
    this.frozen = this.frozen.slice(at);
  }

  private read(whole: boolean): void {
    const tokens = this.tokens();
    const lastBlock = Math.max(0, tokens.findLastIndex((token) => token.type !== 'space'));
    const final = tokens.slice(0, lastBlock);
    this.frozen.push(...this.drawn(final.filter(isText)));
    this.tail = this.tail.slice(final.reduce((sum, token) => sum + token.raw.length, 0));
    let open = tokens.slice(lastBlock);
    if (!whole && this.tail.length > longest) {
      while (this.tail.length > longest) this.cutLong();
      open = this.tokens();
    }
    const before = this.last;
    this.last = this.drawn(open.filter(isText)).map((now, index) => (before[index]?.block.html === now.block.html ? { ...now, block: before[index].block } : now));
  }

  private tokens(): Token[] {
    this.parsed += this.tail.length;
    return tokensOf(this.tail);
  }

  /** Freezes the beginning of the last block; what follows begins as it did, so that code stays code. */
  private cutLong(): void {
    this.hasCuts = true;
    const opening = /^ {0,3}(?:`{3,}|~{3,})[^\n]*\n/.exec(this.tail) ?? /^[^\n]*\|[^\n]*\n[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\||\n)[^\n]*\n?/.exec(this.tail);
    const prefix = opening && opening[0].length < longest / 2 ? opening[0] : '';
    const line = this.tail.lastIndexOf('\n', longest - 1);
    const word = this.tail.lastIndexOf(' ', longest - 1);
    const at = line >= prefix.length && line > 0 ? line + 1 : word > longest / 2 ? word + 1 : longest;
    const head = this.tail.slice(0, at);
    this.parsed += head.length;
    this.frozen.push(...this.drawn(tokensOf(head).filter(isText)));
    this.tail = prefix + this.tail.slice(at);
  }

  private drawn(tokens: Token[]): Frozen[] {
    const found: Frozen[] = [];
    let at = 0;
    for (let known = this.known[this.drawnFrom]; known?.raws.every((raw, index) => tokens[at + index]?.raw === raw); known = this.known[this.drawnFrom]) {
      found.push(known);
      at += known.raws.length;
      this.drawnFrom++;
    }
    if (at < tokens.length) this.known = [];
    const step = tokens.length - at > fewTokens ? together : 1;
    for (; at < tokens.length; at += step) {
      const group = tokens.slice(at, at + step);
      found.push({ block: { html: renderTokens(group) }, raws: group.map((token) => token.raw) });
    }
    return found;
  }
}

function isText(token: Token): boolean {
  return token.type !== 'space';
}

function size(raws: string[]): number {
  return raws.reduce((sum, raw) => sum + raw.length, 0);
}
