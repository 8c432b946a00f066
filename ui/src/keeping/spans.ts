/** The spans of time that rules offer, and the words for them. */
import type { Words } from '../text/en';

/** Days; null: always. */
export const runSpans: (number | null)[] = [null, 30, 90, 180, 365, 730];
export const fileSpans: (number | null)[] = [null, 7, 30, 90, 365];

/** With one that somebody set otherwise in its place. */
export function offered(spans: (number | null)[], now: number | null): (number | null)[] {
  return spans.includes(now) ? spans : [...spans, now].sort((a, b) => (a ?? 0) - (b ?? 0));
}

export function runSpan(days: number | null, t: Words): string {
  return days === null ? t.keeping.forever : t.keeping.days(days);
}

export function fileSpan(days: number | null, t: Words): string {
  return days === null ? t.keeping.asLongAsRuns : t.keeping.days(days);
}

/** Of a select: numbers and null as its words. */
export const wordOf = (days: number | null) => (days === null ? 'always' : String(days));
export const daysOf = (word: string) => (word === 'always' ? null : Number(word));
