/** What stands in the rows of a comparison: values as people read them. Pure. */
import type { JsonValue } from '../ipc/gen/serde_json/JsonValue';
import { isScalar, joined } from '../output/shape';
import { bytes, clock, decimal, duration, integer } from '../text/format';
import type { Words } from '../text/en';
import { costText } from '../timeline/cost';
import type { Effort, Part } from './comparison';
import type { Run } from './texts';
import { runsOf } from './texts';
import type { Field, FileField } from './values';
import type { Kind } from './words';

export interface Cells {
  key: string;
  name: string;
  /** What it is called on the right, where that is something else. */
  nameRight: string | null;
  /** Null: there is nothing on this side. */
  left: Run[] | null;
  right: Run[] | null;
  /** As one text. */
  both: Run[];
  same: boolean;
  /** How much more or less. */
  note: string;
}

/** Longer values are cut. */
const longest = 2000;

/** A value in one line. */
function valueText(value: JsonValue, t: Words): string {
  if (value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0)) return t.outputs.empty;
  if (typeof value === 'boolean') return value ? t.common.yes : t.common.no;
  if (typeof value === 'number') return decimal(value, t);
  const text = typeof value === 'string' ? value : Array.isArray(value) && value.every(isScalar) ? joined(value) : JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

const one = (kind: Kind, text: string): Run[] => [{ kind, text, as: [] }];

function plain(key: string, name: string, left: string | null, right: string | null, same: boolean, note = ''): Cells {
  const nameRight = null;
  if (same) return { key, name, nameRight, left: one('same', left ?? ''), right: one('same', right ?? ''), both: one('same', right ?? ''), same, note };
  const [l, r] = [left === null ? null : one('del', left), right === null ? null : one('ins', right)];
  return { key, name, nameRight, left: l, right: r, both: [...(l ?? []), ...(l && r ? one('same', ' ') : []), ...(r ?? [])], same, note };
}

function cellsOfField(field: Field, key: string, t: Words): Cells {
  const { left, right, same, pieces } = field;
  const { name, nameRight } = field;
  if (pieces && left && right) {
    const row = { left: null, right: null, pieces };
    return { key, name, nameRight, left: runsOf(row, 'left'), right: runsOf(row, 'right'), both: runsOf(row, 'both'), same, note: '' };
  }
  const note = !same && typeof left === 'number' && typeof right === 'number' ? signed(right - left, (by) => decimal(Number(by.toPrecision(12)), t)) : '';
  return { ...plain(key, name || t.run.result, left === undefined ? null : valueText(left, t), right === undefined ? null : valueText(right, t), same, note), nameRight };
}

function cellsOfFile({ name, nameRight, left, right, same, unsure }: FileField, label: string, key: string, t: Words): Cells {
  const sized = (name: string, size: number | null | undefined) => (size === undefined ? null : size === null ? name : t.compare.sized(name, bytes(size, t)));
  return plain(key, label, sized(name, left), sized(nameRight, right), same, unsure ? (typeof left === 'number' && left === right ? t.compare.sameSize : t.compare.sameName) : '');
}

/** What is above a part. */
export function headOf(name: string, { total, differing, unsure }: Part, t: Words): string {
  if (total === 0) return t.compare.none(name);
  if (differing > 0) return t.compare.differing(name, differing, total);
  return unsure > 0 ? t.compare.unsure(name, unsure, total) : t.compare.allSame(name, total);
}

export function cellsOfPart(part: Part, t: Words): Cells[] {
  return [
    ...part.files.flatMap(({ variable, label, files }) => files.map((file, at) => cellsOfFile(file, variable === 'sys.files' ? t.form.appFiles : label, `file ${variable} ${at}`, t))),
    ...part.fields.map((field, at) => cellsOfField(field, `field ${at}`, t)),
  ];
}

function signed(by: number, show: (by: number) => string): string {
  return by === 0 ? '' : `${by > 0 ? '+' : '−'}${show(Math.abs(by))}`;
}

/** A run's time: tenths of seconds where it is short. */
export function timeText(ms: number, t: Words): string {
  return ms < 60_000 ? duration(ms, t) : clock(ms);
}

/** “6.0 s less”. */
function moreOrLess(by: number, t: Words): string {
  if (Math.round(Math.abs(by) / 100) === 0) return t.compare.equal;
  return by > 0 ? t.compare.moreBy(timeText(by, t)) : t.compare.lessBy(timeText(-by, t));
}

/** In whole percent of the left one; null where that says nothing. */
export function shareOf(left: number, right: number): number | null {
  const share = left > 0 ? Math.round(((right - left) / left) * 100) : 0;
  return share === 0 ? null : share;
}

/** What both took; figures are no differences to look for. */
export function cellsOfEffort({ left, right }: { left: Effort; right: Effort }, t: Words): Cells[] {
  const row = (key: string, name: string, a: number | null, b: number | null, show: (value: number) => string, note: (by: number) => string): Cells[] =>
    a === null && b === null ? [] : [{ ...plain(key, name, a === null ? '–' : show(a), b === null ? '–' : show(b), true, a === null || b === null ? '' : note(b - a)) }];
  const count = (value: number) => integer(value, t);
  const more = (by: number) => signed(by, count);
  const cost = left.cost && right.cost && (left.cost.currency ?? '') !== (right.cost.currency ?? '') ? null : (left.cost ?? right.cost);
  return [
    ...row('time', t.compare.time, left.ms, right.ms, (ms) => timeText(ms, t), (by) => moreOrLess(by, t)),
    ...row('tokens', t.compare.tokens, left.tokens, right.tokens, count, more),
    ...row('steps', t.compare.stepCount, left.steps, right.steps, count, more),
    ...(cost ? row('cost', t.compare.cost, left.cost?.amount ?? null, right.cost?.amount ?? null, (amount) => costText({ amount, currency: cost.currency }, t), () => '') : []),
  ];
}

/** State and error, where they are not the same. */
export function cellsOfEnd(left: { word: string; error: string | null }, right: { word: string; error: string | null }, t: Words): Cells[] {
  const sameError = (left.error ?? '') === (right.error ?? '');
  return [
    plain('status', t.compare.status, left.word, right.word, left.word === right.word),
    ...(left.error || right.error ? [plain('error', t.compare.error, left.error || null, right.error || null, sameError)] : []),
  ];
}
