/**
 * Cuts growing Markdown into blocks. A block is final as soon as another one follows it: it is then never looked at
 * again, so that a long stream costs in proportion to its length and not to its square.
 */
import { renderToken, tokensOf } from './markdown';

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

/** One run of Markdown that only grows. */
class Cutter {
  private text = '';
  /** Where the first block begins that may still change. */
  private done = 0;
  /** Final blocks keep their identity, so that the page does not touch them again. */
  private frozen: Block[] = [];
  private last: Block[] = [];
  /** How many characters were parsed so far, for the test that keeps this linear. */
  parsed = 0;

  update(text: string): Block[] {
    if (text === this.text) return [...this.frozen, ...this.last];
    if (!text.startsWith(this.text)) {
      this.done = 0;
      this.frozen = [];
    }
    this.text = text;
    const tail = text.slice(this.done);
    this.parsed += tail.length;
    const tokens = tokensOf(tail);
    const lastBlock = Math.max(0, tokens.findLastIndex((token) => token.type !== 'space'));
    for (const token of tokens.slice(0, lastBlock)) {
      if (token.type !== 'space') this.frozen.push(plain(renderToken(token)));
      this.done += token.raw.length;
    }
    this.last = tokens.slice(lastBlock).filter((token) => token.type !== 'space').map((token) => plain(renderToken(token)));
    return [...this.frozen, ...this.last];
  }

  /** All at once, so that link definitions at the end reach the text before them. */
  finish(text: string): Block[] {
    this.parsed += text.length;
    return tokensOf(text)
      .filter((token) => token.type !== 'space')
      .map((token, index) => {
        const html = renderToken(token);
        const before = this.frozen[index];
        return before?.html === html ? before : plain(html);
      });
  }
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
