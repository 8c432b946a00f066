/** Lists as tables: which are, their columns, their order. Pure. */
import type { JsonValue } from '../ipc/gen/serde_json/JsonValue';
import { isDict, isScalar, type Dict } from './shape';

export interface Table {
  columns: string[];
  rows: Dict[];
  /** Columns of numbers. */
  numeric: Set<string>;
  /** A list of plain values has one column, without a name. */
  plain: boolean;
}

/** Wider ones are read as trees. */
const widest = 40;

export function isTable(value: JsonValue): boolean {
  return Array.isArray(value) && value.length > 0 && (value.every(isScalar) || (value.every(isDict) && columnsOf(value).length <= widest));
}

function columnsOf(rows: JsonValue[]): string[] {
  const columns = new Set<string>();
  for (const row of rows) {
    if (isDict(row)) for (const column in row) columns.add(column);
    if (columns.size > widest) break;
  }
  return [...columns];
}

export function tableOf(value: JsonValue[]): Table {
  const plain = !value.every(isDict);
  const rows = plain ? value.map((item) => ({ '': item })) : (value as Dict[]);
  return finished(plain ? [''] : columnsOf(value), rows, plain, (cell) => typeof cell === 'number');
}

/** Of a text that is a table; numbers in it stay as they were written. */
export function tableOfText(lines: string[][]): Table {
  const [names = [], ...rest] = lines;
  const columns = [...names];
  const width = lines.reduce((widest, cells) => Math.max(widest, cells.length), 0);
  // A row may be longer than the first: its cells stand under their number, so that none is lost.
  for (let number = columns.length + 1; columns.length < width; number++) if (!columns.includes(String(number))) columns.push(String(number));
  const rows = rest.map((cells) => Object.fromEntries(columns.map((column, at): [string, JsonValue] => [column, cells[at] ?? ''])));
  return finished(columns, rows, false, (cell) => typeof cell === 'string' && asNumber(cell) !== null);
}

function finished(columns: string[], rows: Dict[], plain: boolean, isNumber: (cell: JsonValue) => boolean): Table {
  const numeric = columns.filter((column) => {
    const cells = rows.map((row) => row[column]).filter((cell): cell is JsonValue => !isEmpty(cell));
    return cells.length > 0 && cells.every(isNumber);
  });
  return { columns, rows, numeric: new Set(numeric), plain };
}

function isEmpty(value: JsonValue | undefined): boolean {
  return value === null || value === undefined || value === '';
}

function asNumber(text: string): number | null {
  return /^\s*[+-]?\d{1,15}(?:\.\d+)?\s*$/.test(text) ? Number(text) : null;
}

export type Order = { column: string; up: boolean } | null;

/** The rows in the order of a column; what is empty comes last, and equal rows keep their places. */
export function sorted(table: Table, order: Order, locale: string): Dict[] {
  if (!order) return table.rows;
  const { column, up } = order;
  const numeric = table.numeric.has(column);
  const collator = new Intl.Collator(locale, { numeric: true, sensitivity: 'base' });
  const size = (value: JsonValue | undefined) => (value !== null && typeof value === 'object' ? Object.keys(value).length : 0);
  const keyed = table.rows.map((row) => ({ row, value: row[column] }));
  keyed.sort(({ value: a }, { value: b }) => {
    if (isEmpty(a) || isEmpty(b)) return Number(isEmpty(a)) - Number(isEmpty(b));
    const by = numeric ? Number(a) - Number(b) : typeof a === 'object' || typeof b === 'object' ? size(a) - size(b) : collator.compare(String(a), String(b));
    return up ? by : -by;
  });
  return keyed.map(({ row }) => row);
}

/** A cell for other programs: every digit, nested values as JSON. */
export function plainCell(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export function plainRows(table: Table, rows: Dict[], nameless: string): string[][] {
  return [table.columns.map((column) => column || nameless), ...rows.map((row) => table.columns.map((column) => plainCell(row[column])))];
}
