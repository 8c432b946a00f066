/** Tables as text: read from what an app wrote, written for Excel. Pure. */
import { guarded } from './guarded';

/** The rows of a text that is a table in every line; null where it is not one. */
export function parseTable(text: string): string[][] | null {
  const separator = separatorOf(text);
  return separator ? parseCsv(text, separator) : null;
}

/** Every line is looked at up to here. */
const looked = 40;
const longestName = 60;

/** The separator that cuts each of the first lines into as many cells, if one does. */
export function separatorOf(text: string): string | null {
  const beginning = text.length > 20_000 ? text.slice(0, text.lastIndexOf('\n', 20_000)) : text;
  for (const separator of ['\t', ';', ',', '|']) {
    if (!beginning.includes(separator)) continue;
    const rows = parseCsv(beginning, separator, looked);
    const width = rows[0]?.length ?? 0;
    if (rows.length < 3 || width < 2 || rows.some((row) => row.length !== width)) continue;
    const head = rows[0] ?? [];
    // Names of columns are short, there, and no sentences.
    if (head.some((name) => !name.trim() || name.length > longestName || /[.!?。！？]\s*$/.test(name)) || new Set(head).size < width) continue;
    // Prose may have a comma in each line, but not this evenly; with two columns that happens.
    if (separator === ',' && width === 2 && rows.some((row) => row.some((cell) => /^ \S+ \S+ /.test(cell)))) continue;
    return separator;
  }
  return null;
}

/** Longer texts are not read to their end for this. */
const longestRead = 8_000_000;

/** Whether a line has more cells than the first: as a table it would not be what was written. */
export function hasLongerRows(text: string): boolean {
  const rows = text.length <= longestRead ? parseTable(text) : null;
  const width = rows?.[0]?.length ?? 0;
  return rows?.some((row) => row.length > width) ?? false;
}

/** A table that an app wrote, as it wrote it, but for the mark by which Excel knows UTF-8. */
export function asWritten(text: string): string {
  return /^\ufeff|^[\0-\x7f]*$/.test(text) ? text : `\ufeff${text}`;
}

export function parseCsv(text: string, separator: string, most = Infinity): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const end = text.length;
  while (at <= end && rows.length < most) {
    let cell: string;
    if (text[at] === '"') {
      const quotes = quotedFrom(text, at + 1);
      cell = quotes.cell;
      at = quotes.end;
      while (at < end && text[at] !== separator && text[at] !== '\n') at++;
    } else {
      const start = at;
      while (at < end && text[at] !== separator && text[at] !== '\n') at++;
      cell = text.slice(start, at);
    }
    row.push(cell.endsWith('\r') ? cell.slice(0, -1) : cell);
    if (at >= end || text[at] === '\n') {
      if (row.length > 1 || row[0]) rows.push(row);
      row = [];
      if (at >= end) break;
    }
    at++;
  }
  return rows;
}

/** What stands in quotes, where two of them are one; and where it ends. */
function quotedFrom(text: string, from: number): { cell: string; end: number } {
  let cell = '';
  for (let at = from; ; ) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return { cell: cell + text.slice(at), end: text.length };
    cell += text.slice(at, quote);
    if (text[quote + 1] !== '"') return { cell, end: quote + 1 };
    cell += '"';
    at = quote + 2;
  }
}

/** For Excel: with the mark by which it knows UTF-8, and nothing that it would take for a formula. */
export function writeCsv(rows: string[][]): string {
  return `\ufeff${rows.map((row) => row.map((cell) => quoted(guarded(cell))).join(',')).join('\r\n')}\r\n`;
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** For pasting beside HTML: one line a row, cells apart by tabs. */
export function writeTabs(rows: string[][]): string {
  return rows.map((row) => row.map((cell) => cell.replace(/[\t\r\n]+/g, ' ')).join('\t')).join('\n');
}

export function writeHtml(rows: string[][]): string {
  const line = (cells: string[], tag: string) => `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`;
  return `<table border="1" style="border-collapse: collapse"><thead>${line(rows[0] ?? [], 'th')}</thead><tbody>${rows.slice(1).map((row) => line(row, 'td')).join('')}</tbody></table>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`).replaceAll('\n', '<br>');
}
