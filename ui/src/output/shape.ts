/** Which output is the document, which stand beside it, which become tabs. Pure. */
import type { JsonValue } from '../ipc/gen/serde_json/JsonValue';

export type Part =
  | { kind: 'text'; name: string; text: string }
  | { kind: 'table'; name: string; columns: string[]; rows: { [column: string]: JsonValue }[] };

export interface Shape {
  /** The first is shown; more than one are tabs. */
  main: Part[];
  short: { name: string; value: string | number | boolean }[];
  trees: { name: string; value: JsonValue }[];
}

const longFrom = 160;
const widest = 8;

type Dict = { [key: string]: JsonValue };

export function isDict(value: JsonValue | undefined): value is Dict {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFile(value: JsonValue): boolean {
  return isDict(value) && value['dify_model_identity'] === '__dify__file__';
}

function isScalar(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || typeof value !== 'object';
}

/** `streamed` is what was written while the run went on; it is the document where the outputs hold no text. */
export function shapeOutputs(outputs: Dict, streamed: string): Shape {
  const shape: Shape = { main: [], short: [], trees: [] };
  const texts: Extract<Part, { kind: 'text' }>[] = [];
  const lines: { name: string; value: string }[] = [];
  for (const [name, value] of Object.entries(outputs)) {
    if (value === null || value === '' || isFile(value)) continue;
    if (typeof value === 'string') {
      if (value.length > longFrom || value.trim().includes('\n')) texts.push({ kind: 'text', name, text: value });
      else lines.push({ name, value });
    } else if (typeof value === 'number' || typeof value === 'boolean') shape.short.push({ name, value });
    else if (Array.isArray(value)) arrange(shape, name, value);
    else shape.trees.push({ name, value });
  }
  if (texts.length === 0 && streamed.trim()) texts.push({ kind: 'text', name: '', text: streamed });
  if (texts.length === 0 && lines.length > 0) {
    const longest = lines.reduce((best, line) => (line.value.length > best.value.length ? line : best));
    texts.push({ kind: 'text', name: longest.name, text: longest.value });
    lines.splice(lines.indexOf(longest), 1);
  }
  texts.sort((a, b) => b.text.length - a.text.length);
  shape.main.unshift(...texts);
  shape.short.unshift(...lines);
  return shape;
}

function arrange(shape: Shape, name: string, value: JsonValue[]): void {
  if (value.length === 0 || value.every(isFile)) return;
  const joined = value.every(isScalar) ? value.join(', ') : null;
  if (joined !== null && joined.length <= longFrom) {
    shape.short.push({ name, value: joined });
    return;
  }
  const rows = value.filter(isDict);
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const flat = rows.every((row) => columns.every((column) => isScalar(row[column])));
  if (rows.length === value.length && flat && columns.length <= widest) shape.main.push({ kind: 'table', name, columns, rows });
  else shape.trees.push({ name, value });
}

/** One document of several streams, in the order they began. */
export function joinStreams(parts: { text: string }[]): string {
  return parts
    .map((part) => part.text)
    .filter((text) => text.trim())
    .join('\n\n');
}
