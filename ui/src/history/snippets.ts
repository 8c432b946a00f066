/** Pieces of text around what was found, and what the places are called. Pure. */
import type { RunPart } from '../ipc/gen/RunPart';
import type { Snippet } from '../ipc/gen/Snippet';
import type { Words } from '../text/en';

export interface Piece {
  text: string;
  marked: boolean;
}

/** Marks that lie over each other or beyond the end are cut to what is there. */
export function piecesOf(text: string, marks: readonly (readonly [number, number])[]): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const [from, to] of marks) {
    const [begin, end] = [Math.max(at, from), Math.min(text.length, to)];
    if (end <= begin) continue;
    if (begin > at) pieces.push({ text: text.slice(at, begin), marked: false });
    pieces.push({ text: text.slice(begin, end), marked: true });
    at = end;
  }
  if (at < text.length || pieces.length === 0) pieces.push({ text: text.slice(at), marked: false });
  return pieces;
}

/** What Markdown puts around words and between cells, and before a heading. A dash may be one of the sentence. */
const around = /\*\*|`+/g;
const between = /(^|\s)#{1,6}\s|\|(?:[\s:|-]*\|)?/g;

/** What is drawn as a document reads here as it does there. Where signs were looked for, they stay. */
export function asRead({ place, text, marks }: Snippet): Pick<Snippet, 'text' | 'marks'> {
  if (place.part !== 'text' && place.part !== 'output') return { text, marks };
  let read = '';
  const moved: [number, number][] = [];
  for (const piece of piecesOf(text, marks)) {
    if (piece.marked) moved.push([read.length, read.length + piece.text.length]);
    read += piece.marked ? piece.text : piece.text.replace(around, '').replace(between, ' ').replace(/\s+/g, ' ');
  }
  const lead = read.length - read.trimStart().length;
  return { text: read.slice(lead), marks: moved.map(([from, to]) => [from - lead, to - lead]) };
}

/** What stands before the first mark in a row, which may be cut at its end. */
const lead = 28;

/** The snippet from shortly before its first mark on, as far as there may be room for it: the rest would be laid out to be cut. */
export function forRow(snippet: Snippet, room: number): Pick<Snippet, 'text' | 'marks'> {
  const { text, marks } = fromMark(snippet);
  const end = endOf(text, room);
  if (end === text.length) return { text, marks };
  return { text: `${text.slice(0, end)}…`, marks: marks.filter(([from]) => from < end).map(([from, to]) => [from, Math.min(to, end)]) };
}

/** Where so many narrow signs end; those of Chinese are as wide as two. */
function endOf(text: string, room: number): number {
  let width = 0;
  let at = 0;
  for (const sign of text) {
    width += sign >= '\u1100' ? 2 : 1;
    if (width > room) return at;
    at += sign.length;
  }
  return at;
}

function fromMark(snippet: Snippet): Pick<Snippet, 'text' | 'marks'> {
  const { text, marks } = asRead(snippet);
  const [from] = marks[0] ?? [0, 0];
  if (from <= lead) return { text, marks };
  // At the beginning of a word, where there is one.
  const blank = text.slice(from - lead, from).search(/\s\S/);
  const at = from - lead + (blank < 0 ? 0 : blank + 1);
  return { text: `…${text.slice(at)}`, marks: marks.map(([from, to]) => [from - at + 1, to - at + 1]) };
}

export function partName(place: RunPart, t: Words): string {
  const { parts } = t.history;
  switch (place.part) {
    case 'input':
      return parts.input(place.label || place.variable);
    case 'sent_file':
      return place.label || parts.sent_file;
    case 'output':
      // Most apps have one output, whose variable says nothing to anybody.
      return parts.output;
    case 'step':
      return place.title ? parts.step(place.title) : parts.someStep;
    case 'question':
      return place.title ? parts.question(place.title) : parts.someQuestion;
    default:
      return parts[place.part];
  }
}
