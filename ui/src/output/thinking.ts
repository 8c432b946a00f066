/**
 * Tells a model's thinking from its text, piece by piece: what was read is not looked at again. Thinking begins with
 * `<think>` at the start of a line, so that talk about the tag stays text, and not within a block of code.
 */

export type Said =
  /** More text, or more of the thinking that goes on. */
  | { kind: 'text' | 'thinking'; text: string }
  | { kind: 'begins' | 'ends' }
  /** The server left out the opening tag: all text so far was thinking. */
  | { kind: 'wasThinking' };

const token = /\n|<(\/?)think(?:ing)?>|`{3,}|~{3,}/gi;
const tags = ['<think>', '</think>', '<thinking>', '</thinking>'];
const longestTag = 11;

export class ThinkingSplitter {
  /** The end of what was heard, which may be the beginning of a tag. */
  private rest = '';
  private thinking = false;
  private lineStart = true;
  private fence = '';
  /** Tags that were opened in a block of code within the thinking. */
  private depth = 0;
  private thoughts = 0;

  get inThinking(): boolean {
    return this.thinking;
  }

  /** What a piece says; with `last` nothing more follows it. */
  push(fresh: string, last: boolean): Said[] {
    const heard = this.rest + fresh;
    const text = last ? heard : heard.slice(0, complete(heard));
    this.rest = heard.slice(text.length);
    const said: Said[] = [];
    let from = 0;
    let seen = 0;
    const emit = (to: number) => {
      if (to > from) said.push({ kind: this.thinking ? 'thinking' : 'text', text: text.slice(from, to) });
      from = to;
    };
    const cut = (match: RegExpMatchArray, kind: 'begins' | 'ends' | 'wasThinking') => {
      emit(match.index ?? 0);
      from += match[0].length;
      said.push({ kind });
      this.fence = '';
      this.depth = 0;
      this.lineStart = true;
      this.thoughts++;
      this.thinking = kind === 'begins';
    };
    for (const match of text.matchAll(token)) {
      if (this.lineStart && text.slice(seen, match.index).trim()) this.lineStart = false;
      seen = match.index + match[0].length;
      const mark = match[0];
      if (mark === '\n') this.lineStart = true;
      else if (!mark.startsWith('<')) this.fenced(mark);
      else if (match[1] === '' && !this.thinking) {
        if (this.lineStart && !this.fence) cut(match, 'begins');
      } else if (match[1] === '') this.depth += this.fence ? 1 : 0;
      else if (this.thinking) {
        const alone = this.lineStart && /^[ \t]*(\n|$)/.test(text.slice(seen));
        if (!this.fence || (this.depth === 0 && alone)) cut(match, 'ends');
        else this.depth = Math.max(0, this.depth - 1);
      } else if (this.lineStart && !this.fence && this.thoughts === 0) cut(match, 'wasThinking');
    }
    if (this.lineStart && text.slice(seen).trim()) this.lineStart = false;
    emit(text.length);
    return said;
  }

  private fenced(mark: string): void {
    if (!this.lineStart) return;
    this.lineStart = false;
    if (!this.fence) this.fence = mark;
    else if (mark[0] === this.fence[0] && mark.length >= this.fence.length) this.fence = '';
  }
}

/** How much of a text can be judged without what follows: not a tag's beginning, nor one whose line may go on. */
function complete(text: string): number {
  const open = text.lastIndexOf('<');
  if (open >= 0 && text.length - open <= longestTag + 80) {
    const tail = text.slice(open).toLowerCase();
    const isBegun = tail.length < longestTag && tags.some((tag) => tag !== tail && tag.startsWith(tail));
    const mayBeAlone = /^<\/think(?:ing)?>[ \t]*$/.test(tail);
    if (isBegun || mayBeAlone) return open;
  }
  const fence = /(?:`+|~+)$/.exec(text.slice(-200));
  return fence ? text.length - fence[0].length : text.length;
}

/** The text alone, for the clipboard and for files. */
export function withoutThinking(text: string): string {
  const kept: string[] = [];
  for (const said of new ThinkingSplitter().push(text.replace(/\r\n?/g, '\n'), true)) {
    if (said.kind === 'text') kept.push(said.text);
    else if (said.kind === 'wasThinking') kept.length = 0;
  }
  return kept.join('').trim();
}
