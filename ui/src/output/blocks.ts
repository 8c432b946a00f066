/**
 * Cuts growing Markdown into blocks. A block is final as soon as another one follows it: it is then never looked at
 * again, so that a long stream costs in proportion to its length and not to its square.
 */
import type { Token } from 'marked';
import { definesLinks, renderTokens, tokensOf } from './markdown';

export interface Block {
  html: string;
  /** The model's thinking: folded away. */
  thinking: boolean;
  /** Thinking that still goes on. */
  open: boolean;
}

interface Segment {
  text: string;
  thinking: boolean;
  open: boolean;
}

/** Text and `<think>` parts in their order; only at the start of a line, so that talk about the tag stays text. */
export function splitThinking(text: string): Segment[] {
  const segments: Segment[] = [];
  const tag = /(^|\n)[ \t]*<think>/g;
  let at = 0;
  for (let match = tag.exec(text); match; match = tag.exec(text)) {
    const start = match.index + match[0].length;
    const end = text.indexOf('</think>', start);
    if (match.index > at) segments.push({ text: text.slice(at, match.index), thinking: false, open: false });
    segments.push({ text: text.slice(start, end < 0 ? undefined : end), thinking: true, open: end < 0 });
    at = end < 0 ? text.length : end + '</think>'.length;
    tag.lastIndex = at;
  }
  if (at < text.length) segments.push({ text: text.slice(at), thinking: false, open: false });
  return segments;
}

/** The text alone, for the clipboard and for files. */
export function withoutThinking(text: string): string {
  return splitThinking(text)
    .filter((segment) => !segment.thinking)
    .map((segment) => segment.text)
    .join('')
    .trim();
}

/** So many at once are drawn together: cleaning HTML costs a new document each time, whatever its size. */
const fewTokens = 64;
const together = 32;

/** A block with the text it was made of, by which it is known again. */
interface Frozen {
  block: Block;
  raws: string[];
}

function drawn(tokens: Token[]): Frozen[] {
  const groups: Token[][] = [];
  const size = tokens.length > fewTokens ? together : 1;
  for (let at = 0; at < tokens.length; at += size) groups.push(tokens.slice(at, at + size));
  return groups.map((group) => ({ block: plain(renderTokens(group)), raws: group.map((token) => token.raw) }));
}

/** One run of Markdown that only grows. */
class Cutter {
  private text = '';
  /** Where the first block begins that may still change. */
  private done = 0;
  /** Final blocks keep their identity, so that the page does not touch them again. */
  private frozen: Frozen[] = [];
  private last: Block[] = [];
  /** How many characters were parsed so far, for the test that keeps this linear. */
  parsed = 0;

  update(text: string): Block[] {
    if (text !== this.text) this.grow(text);
    return [...this.frozen.map(({ block }) => block), ...this.last];
  }

  private grow(text: string): void {
    if (!text.startsWith(this.text)) {
      this.done = 0;
      this.frozen = [];
    }
    this.text = text;
    const tail = text.slice(this.done);
    this.parsed += tail.length;
    const tokens = tokensOf(tail);
    const lastBlock = Math.max(0, tokens.findLastIndex((token) => token.type !== 'space'));
    const final = tokens.slice(0, lastBlock);
    this.frozen.push(...drawn(final.filter(isText)));
    for (const token of final) this.done += token.raw.length;
    this.last = drawn(tokens.slice(lastBlock).filter(isText)).map(({ block }) => block);
  }

  /** All at once, so that link definitions at the end reach the text before them. */
  finish(text: string): Block[] {
    this.parsed += text.length;
    const tokens = tokensOf(text);
    const defined = definesLinks(text);
    const all = tokens.filter(isText);
    const blocks: Block[] = [];
    let at = 0;
    for (const { block, raws } of defined ? [] : this.frozen) {
      if (!raws.every((raw, index) => all[at + index]?.raw === raw)) break;
      blocks.push(block);
      at += raws.length;
    }
    return [...blocks, ...drawn(all.slice(at)).map(({ block }) => block)];
  }
}

function isText(token: Token): boolean {
  return token.type !== 'space';
}

function plain(html: string): Block {
  return { html, thinking: false, open: false };
}

export class BlockStream {
  private cutters: Cutter[] = [];
  private thoughts: Block[] = [];

  get parsed(): number {
    return this.cutters.reduce((sum, cutter) => sum + cutter.parsed, 0);
  }

  update(raw: string, finished: boolean): Block[] {
    const segments = splitThinking(raw.includes('\r') ? raw.replace(/\r\n?/g, '\n') : raw);
    this.cutters.length = Math.min(this.cutters.length, segments.length);
    return segments.flatMap(({ text, thinking, open }, index) => {
      const cutter = (this.cutters[index] ??= new Cutter());
      const blocks = finished ? cutter.finish(text) : cutter.update(text);
      if (!thinking) return blocks;
      return text.trim() ? [this.thought(index, blocks.map((block) => block.html).join(''), open && !finished)] : [];
    });
  }

  private thought(index: number, html: string, open: boolean): Block {
    const before = this.thoughts[index];
    return before?.html === html && before.open === open ? before : (this.thoughts[index] = { html, thinking: true, open });
  }
}
