/** Which output is the document, which stand beside it, which become tabs. Pure. */
import type { JsonValue } from '../ipc/gen/serde_json/JsonValue';
import { viewsOf, type View } from './detect';
import { isTable } from './table';

/** An output that needs room. */
export interface Part {
  name: string;
  /** As the app wrote it, where it is a text. */
  text: string | null;
  /** What it is, where it is none. */
  value: JsonValue;
  /** The ways it can be shown, the best first. */
  views: View[];
}

export interface Shape {
  /** The first is shown; more than one are tabs. */
  main: Part[];
  /** Short values, in the outputs' order; what is empty is said to be. */
  beside: { name: string; value: JsonValue }[];
}

const longFrom = 160;
/** So much of an object stands beside the document without crowding it. */
const fewLeaves = 12;

export type Dict = { [key: string]: JsonValue };

export function isDict(value: JsonValue | undefined): value is Dict {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isFile(value: JsonValue): boolean {
  return isDict(value) && value['dify_model_identity'] === '__dify__file__';
}

export function isScalar(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || typeof value !== 'object';
}

/** Files have a place of their own. */
function isFiles(value: JsonValue): boolean {
  return isFile(value) || (Array.isArray(value) && value.length > 0 && value.every(isFile));
}

/** `streamed` is what was written while the run went on; it stays where the outputs do not say the same. */
export function shapeOutputs(outputs: Dict, streamed: string): Shape {
  const main: Part[] = [];
  const beside: Shape['beside'] = [];
  for (const [name, value] of Object.entries(outputs)) {
    if (value === undefined || isFiles(value)) continue;
    if (typeof value === 'string') {
      if (value.trim() && (value.length > longFrom || value.trim().includes('\n'))) main.push(textPart(name, value));
      else beside.push({ name, value });
    } else if (isScalar(value) || isSmall(value)) beside.push({ name, value });
    else main.push({ name, text: null, value, views: isTable(value) ? ['table', 'tree'] : ['tree'] });
  }
  const texts = main.filter((part) => part.text !== null);
  if (texts.length === 0 && streamed.trim() && !says(outputs, streamed)) main.unshift(textPart('', streamed));
  else if (texts.length > 0) {
    const longest = texts.reduce((best, part) => (length(part) > length(best) ? part : best));
    main.splice(main.indexOf(longest), 1);
    main.unshift(longest);
  }
  if (main.length === 0) promote(main, beside);
  return { main, beside };
}

function length(part: Part): number {
  return part.text?.length ?? 0;
}

export function textPart(name: string, text: string): Part {
  return { name, text, value: null, views: viewsOf(text) };
}

/** Where everything is short, the longest text is what the run was for. */
function promote(main: Part[], beside: Shape['beside']): void {
  const lines = beside.filter((entry): entry is { name: string; value: string } => typeof entry.value === 'string' && entry.value.trim() !== '');
  if (lines.length === 0) return;
  const longest = lines.reduce((best, line) => (line.value.length > best.value.length ? line : best));
  beside.splice(beside.indexOf(longest), 1);
  main.push(textPart(longest.name, longest.value));
}

function isSmall(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.length === 0 || (value.every(isScalar) && joined(value).length <= longFrom);
  return isDict(value) && leaves(value, fewLeaves + 1) <= fewLeaves;
}

function leaves(value: JsonValue, most: number): number {
  if (typeof value === 'string') return value.length > longFrom ? most : 1;
  if (value === null || typeof value !== 'object') return 1;
  let sum = 0;
  for (const inner of Object.values(value)) {
    sum += leaves(inner ?? null, most);
    if (sum >= most) break;
  }
  return sum;
}

/** A list of plain values in one line. */
export function joined(values: JsonValue[]): string {
  return values.join(', ');
}

/** Longer ones are not compared. */
const compared = 200_000;

/** Whether the outputs hold every word of the streamed text: it is a rendering of them (server-1.12.1.md §11). */
function says(outputs: Dict, streamed: string): boolean {
  if (Object.keys(outputs).length === 0 || streamed.length > compared) return false;
  const words = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  // As JSON writes them line feeds are letters: strings are taken as they are.
  const said = new Set<string>();
  const walk = (value: JsonValue | undefined) => {
    if (value !== null && typeof value === 'object') {
      for (const [key, inner] of Object.entries(value)) {
        if (!Array.isArray(value)) for (const word of words(key)) said.add(word);
        walk(inner);
      }
    } else for (const word of words(String(value))) said.add(word);
  };
  walk(outputs);
  // Signatures of links are made anew.
  const plain = streamed.replace(/\]\([^)\s]*\)/g, ']');
  return words(plain).every((word) => said.has(word));
}

const documents = new WeakMap<readonly { text: string }[], string>();

/** One document of several streams, in the order they began. Joined once: it may be long. */
export function joinStreams(parts: readonly { text: string }[]): string {
  let document = documents.get(parts);
  if (document === undefined) {
    const texts = parts.map((part) => part.text).filter((text) => /\S/.test(text));
    document = texts.length === 1 && texts[0] !== undefined ? texts[0] : texts.join('\n\n');
    documents.set(parts, document);
  }
  return document;
}
