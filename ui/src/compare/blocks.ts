/** A text as the paragraphs it is read in, without its marks: lines of code, rows of tables and items of lists are paragraphs of their own. Pure. */
import type { Token, Tokens } from 'marked';
import type { View } from '../output/detect';
import { tokensOf } from '../output/markdown';
import type { InPieces, Work } from './work';

export type StyleName = 'b' | 'i' | 'code' | 's' | 'a';

/** From, to: places in the text of the block. */
export interface Style {
  from: number;
  to: number;
  as: StyleName;
}

export interface Block {
  kind: 'p' | 'h' | 'li' | 'quote' | 'code' | 'row' | 'rule' | 'line';
  /** Of a heading its level, of an item how deep it stands. */
  depth: number;
  /** What stands before it: a bullet, a number. */
  mark: string;
  text: string;
  styles: Style[];
  /** Blocks with the same are the same, looks and links included. */
  key: string;
}

/** Read at a time. */
const portion = 4096;
const longestPortion = 16_384;
/** Longer paragraphs are compared by sentences. */
const longestBlock = 2000;

export function* blocksOf(text: string, view: View, work: Work): InPieces<Block[]> {
  const blocks: Block[] = [];
  const plain = text.replace(/\r\n?/g, '\n');
  if (view !== 'document') {
    let sum = 0;
    for (const line of plain.split('\n')) {
      for (const part of cut(line)) blocks.push(blockOf('line', part));
      if ((sum += line.length + 1) < portion) continue;
      work.read += sum;
      sum = 0;
      yield;
    }
    work.read += sum;
    return blocks.some(({ text }) => text.trim()) ? blocks : [];
  }
  for (const part of portions(plain)) {
    work.read += part.length;
    for (const block of read(part)) blocks.push(...shortened(block));
    yield;
  }
  return blocks;
}

/** Pieces that end between paragraphs; a block of code that is cut goes on as one. */
export function* portions(text: string): Generator<string, void, undefined> {
  let lines: string[] = [];
  let size = 0;
  let fence = '';
  const whole = () => lines.join('\n');
  for (const given of text.split('\n')) {
    for (let at = 0; at === 0 || at < given.length; at += longestPortion) {
      const line = given.slice(at, at + longestPortion);
      const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1] ?? '';
      if (mark && !fence) fence = mark;
      else if (fence && mark.startsWith(fence) && line.trim() === mark) fence = '';
      lines.push(line);
      size += line.length + 1;
      const ends = !fence && line.trim() === '' && size >= portion;
      if (!ends && size < longestPortion) continue;
      yield fence ? `${whole()}\n${fence}` : whole();
      lines = fence ? [fence] : [];
      size = 0;
    }
  }
  if (size > 0) yield whole();
}

function read(text: string): Block[] {
  const blocks: Block[] = [];
  walk(tokensOf(text), blocks, 0, 'p');
  return blocks;
}

function walk(tokens: Token[], into: Block[], depth: number, kind: 'p' | 'quote'): void {
  for (const token of tokens) {
    switch (token.type) {
      case 'space':
      case 'def':
        break;
      case 'heading':
        into.push(inlineBlock('h', (token as Tokens.Heading).depth, '', token));
        break;
      case 'code':
        for (const line of (token as Tokens.Code).text.split('\n')) for (const part of cut(line)) into.push(blockOf('code', part));
        break;
      case 'blockquote':
        walk((token as Tokens.Blockquote).tokens, into, depth, 'quote');
        break;
      case 'list':
        list(token as Tokens.List, into, depth);
        break;
      case 'table': {
        const { header, rows } = token as Tokens.Table;
        for (const cells of [header, ...rows]) into.push(row(cells));
        break;
      }
      case 'hr':
        into.push(blockOf('rule', ''));
        break;
      default:
        if (token.raw.trim()) into.push(inlineBlock(kind, depth, '', token));
    }
  }
}

function list({ items, ordered, start }: Tokens.List, into: Block[], depth: number): void {
  for (const [at, item] of items.entries()) {
    const mark = item.task ? (item.checked ? '☑' : '☐') : ordered ? `${Number(start || 1) + at}.` : '•';
    const inner: Block[] = [];
    walk(item.tokens.filter(({ type }) => type !== 'checkbox'), inner, depth + 1, 'p');
    const [first] = inner;
    // What an item begins with stands beside its mark.
    if (first?.kind === 'p') inner[0] = keyed({ ...first, kind: 'li', depth, mark }, first.key);
    else inner.unshift(keyed({ kind: 'li', depth, mark, text: '', styles: [] }));
    into.push(...inner);
  }
}

function row(cells: Tokens.TableCell[]): Block {
  let text = '';
  const styles: Style[] = [];
  const links: string[] = [];
  for (const [at, cell] of cells.entries()) {
    if (at > 0) text += ' │ ';
    text = inline(cell.tokens, text, styles, links);
  }
  return keyed({ kind: 'row', depth: 0, mark: '', text, styles }, links.join(' '));
}

function inlineBlock(kind: Block['kind'], depth: number, mark: string, token: Token): Block {
  const styles: Style[] = [];
  const links: string[] = [];
  const inner = 'tokens' in token && token.tokens ? token.tokens : null;
  const text = inner ? inline(inner, '', styles, links) : decoded('text' in token && typeof token.text === 'string' ? token.text : token.raw);
  return keyed({ kind, depth, mark, text: text.trimEnd(), styles }, links.join(' '));
}

const styleOf: Partial<Record<string, StyleName>> = { strong: 'b', em: 'i', del: 's', codespan: 'code', link: 'a' };

/** The text so far and what the tokens say. */
function inline(tokens: Token[], before: string, styles: Style[], links: string[]): string {
  let text = before;
  for (const token of tokens) {
    const from = text.length;
    if (token.type === 'br') text += '\n';
    else if (token.type === 'image') text += (token as Tokens.Image).text;
    else if ('tokens' in token && token.tokens) text = inline(token.tokens, text, styles, links);
    else if (token.type === 'text' || token.type === 'escape' || token.type === 'codespan') text += decoded((token as Tokens.Text).text);
    else text += decoded(token.raw);
    const as = styleOf[token.type];
    if (as && text.length > from) styles.push({ from, to: text.length, as });
    // Signatures of links are made anew with each run.
    if (token.type === 'link' || token.type === 'image') links.push((token as Tokens.Link).href.replace(/[?#].*$/, ''));
  }
  return text;
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: '’', nbsp: '\u00a0', '#39': "'" };

function decoded(text: string): string {
  return text.includes('&') ? text.replace(/&(amp|lt|gt|quot|apos|nbsp|#39);/g, (_, name: string) => entities[name] ?? '') : text;
}

function blockOf(kind: Block['kind'], text: string): Block {
  return keyed({ kind, depth: 0, mark: '', text, styles: [] });
}

/** The number of an item does not tell it from others: those behind a new one all have another. */
function keyed(block: Omit<Block, 'key'>, links = ''): Block {
  const mark = /^\d+\.$/.test(block.mark) ? '1.' : block.mark;
  return { ...block, key: [block.kind, block.depth, mark, block.text, links, ...block.styles.map(({ from, to, as }) => `${as}${from}-${to}`)].join('\u0000') };
}

/** A paragraph, or its sentences where it is long. */
function shortened(block: Block): Block[] {
  if (block.text.length <= longestBlock) return [block];
  let from = 0;
  return cut(block.text).map((text, at) => {
    const styles = block.styles.filter((style) => style.from < from + text.length && style.to > from).map((style) => ({ ...style, from: Math.max(0, style.from - from), to: Math.min(text.length, style.to - from) }));
    from += text.length;
    return keyed({ ...block, mark: at === 0 ? block.mark : '', text, styles });
  });
}

/** Joined it is the text again; cut behind the same words wherever these stand. */
function cut(text: string): string[] {
  if (text.length <= longestBlock) return [text];
  const parts: string[] = [];
  for (const [sentence] of text.matchAll(/[^.!?;。！？；]*(?:[.!?;](?=\s)\s*|[.!?;](?!\s)|[。！？；]+|$)/gu)) {
    for (let rest = sentence; rest; rest = rest.slice(longestBlock)) {
      const last = parts.at(-1);
      // A point within a number or an address ends nothing.
      if (last !== undefined && last.length + rest.length <= longestBlock && !/[\s。！？；]$/u.test(last)) parts[parts.length - 1] = last + rest;
      else parts.push(rest.slice(0, longestBlock));
    }
  }
  return parts;
}
