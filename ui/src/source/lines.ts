/** What a document says as a list of lines that are drawn bit by bit, and the texts in them that are searched. */
import type { Extract } from '../ipc/gen/Extract';
import type { MailField } from '../ipc/gen/MailField';
import type { PartOf } from '../ipc/gen/PartOf';

export type Line =
  | { kind: 'part'; of: PartOf; title: string | null }
  | { kind: 'heading'; level: number; text: number }
  | { kind: 'paragraph' | 'plain'; text: number }
  | { kind: 'item'; level: number; text: number }
  | { kind: 'field'; name: MailField; text: number }
  /** `text` is that of the first cell. */
  | { kind: 'row'; text: number; cells: number; table: number }
  | { kind: 'cut' };

export interface Lines {
  lines: Line[];
  texts: string[];
  /** The line each text stands in. */
  lineOf: number[];
}

class Making implements Lines {
  lines: Line[] = [];
  texts: string[] = [];
  lineOf: number[] = [];

  add(line: Line, ...texts: string[]): void {
    for (const text of texts) {
      this.texts.push(text);
      this.lineOf.push(this.lines.length);
    }
    this.lines.push(line);
  }
}

export function linesOf(extract: Extract): Lines {
  const made = new Making();
  let table = 0;
  for (const part of extract.parts) {
    if (part.of.part !== 'document') made.add({ kind: 'part', of: part.of, title: part.title });
    table++;
    for (const block of part.blocks) {
      const text = made.texts.length;
      switch (block.kind) {
        case 'heading':
          made.add({ kind: 'heading', level: block.level, text }, block.text);
          break;
        case 'paragraph':
          made.add({ kind: 'paragraph', text }, block.text);
          break;
        case 'item':
          made.add({ kind: 'item', level: block.level, text }, block.text);
          break;
        case 'field':
          made.add({ kind: 'field', name: block.name, text }, block.text);
          break;
        case 'row':
          made.add({ kind: 'row', text, cells: block.cells.length, table }, ...block.cells);
      }
      // Rows that follow each other are one table.
      if (block.kind !== 'row') table++;
    }
    if (part.cut) made.add({ kind: 'cut' });
  }
  return made;
}

/** Of a plain text, so much is one piece to draw. */
const pieceLength = 4000;

export function linesOfText(text: string): Lines {
  const made = new Making();
  let at = 0;
  while (at < text.length) {
    let end = Math.min(text.length, at + pieceLength);
    if (end < text.length) {
      const line = text.lastIndexOf('\n', end);
      if (line > at) end = line + 1;
      // Not between the halves of one character.
      else if (/[\ud800-\udbff]/.test(text[end - 1] ?? '')) end--;
    }
    made.add({ kind: 'plain', text: made.texts.length }, text.slice(at, end));
    at = end;
  }
  return made;
}

/** Lines that are drawn together: a table, a list, or one alone. */
export interface Group {
  kind: 'one' | 'table' | 'list';
  /** Of its first line. */
  key: number;
  lines: Line[];
}

export function groupsOf(lines: readonly Line[]): Group[] {
  const groups: Group[] = [];
  lines.forEach((line, index) => {
    const last = groups.at(-1);
    const kind = line.kind === 'row' ? 'table' : line.kind === 'item' ? 'list' : 'one';
    const before = last?.lines[0];
    const same = last?.kind === kind && kind !== 'one' && (line.kind !== 'row' || (before?.kind === 'row' && before.table === line.table));
    if (last && same) last.lines.push(line);
    else groups.push({ kind, key: index, lines: [line] });
  });
  return groups;
}
