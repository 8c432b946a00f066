/** The spans of time that rules offer, and the words for them. */
import type { Words } from '../text/en';

/** Days; null: always. */
export const runSpans: (number | null)[] = [null, 30, 90, 180, 365, 730];
export const fileSpans: (number | null)[] = [null, 7, 30, 90, 365];

/** With one that somebody set otherwise in its place; of two that are called the same, the one that holds. */
export function offered(spans: (number | null)[], now: number | null): (number | null)[] {
  if (now === null || spans.includes(now)) return spans;
  const { number, unit } = spanOf(now);
  const others = spans.filter((days) => days === null || spanOf(days).number !== number || spanOf(days).unit !== unit);
  return [...others, now].sort((a, b) => (a ?? 0) - (b ?? 0));
}

export type Unit = 'days' | 'months' | 'years';
export const units: Unit[] = ['days', 'months', 'years'];
/** A hundred years: longer than anybody has to keep anything. */
export const mostOf: Record<Unit, number> = { days: 36_500, months: 1200, years: 100 };

/** The most days that so many months from any first of a month have, of those within a year. */
const months = [0, 31, 62, 92, 123, 153, 184, 215, 245, 276, 306, 337];

/** As many days as it can be: who has to keep something for a year is not to lose it a day early. */
export function inDays(number: number, unit: Unit): number {
  if (unit === 'days') return number;
  const years = unit === 'years' ? number : Math.floor(number / 12);
  return years * 365 + Math.ceil(years / 4) + (unit === 'months' ? (months[number % 12] ?? 0) : 0);
}

/** What is a whole number of years or months, else days. */
export function spanOf(days: number): { number: number; unit: Unit } {
  const years = Math.floor(days / 365);
  // The years that are offered are those of most calendars.
  if (years > 0 && (inDays(years, 'years') === days || (runSpans.includes(days) && days % 365 === 0))) return { number: years, unit: 'years' };
  const rest = Math.round(days / 30.44);
  return rest > 0 && inDays(rest, 'months') === days ? { number: rest, unit: 'months' } : { number: days, unit: 'days' };
}

/** A number as it was typed; null: it is none that is taken. */
export function numberOf(typed: string, unit: Unit): number | null {
  const plain = typed.normalize('NFKC').trim();
  const number = /^\d{1,6}$/.test(plain) ? Number(plain) : 0;
  return number >= 1 && number <= mostOf[unit] ? number : null;
}

function said(days: number, t: Words): string {
  const { number, unit } = spanOf(days);
  return t.keeping.span[unit](number);
}

export function runSpan(days: number | null, t: Words): string {
  return days === null ? t.keeping.forever : said(days, t);
}

export function fileSpan(days: number | null, t: Words): string {
  return days === null ? t.keeping.asLongAsRuns : said(days, t);
}

/** In a select: another time, which is asked for. */
export const other = 'other';

/** Of a select: numbers and null as its words. */
export const wordOf = (days: number | null) => (days === null ? 'always' : String(days));
export const daysOf = (word: string) => (word === 'always' ? null : Number(word));
