/** Numbers, sizes and times as people read them. Pure: the clock is handed in. */
import type { Words } from './en';

const second = 1000;
const minute = 60 * second;

/** Made once each, which takes as long as writing a thousand: lists ask for dozens at every key. */
const formats = new Map<string, Intl.NumberFormat>();
function number(locale: string, least: number, most: number): Intl.NumberFormat {
  const key = `${locale} ${least} ${most}`;
  let format = formats.get(key);
  if (!format) formats.set(key, (format = new Intl.NumberFormat(locale, { minimumFractionDigits: least, maximumFractionDigits: most })));
  return format;
}

const dates = new Map<string, Intl.DateTimeFormat>();
function date(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  // Who travels gets others: each keeps the zone it was made in.
  const key = `${locale} ${new Date().getTimezoneOffset()} ${JSON.stringify(options)}`;
  let format = dates.get(key);
  if (!format) dates.set(key, (format = new Intl.DateTimeFormat(locale, options)));
  return format;
}

const lists = new Map<string, Intl.ListFormat>();

/** A date is written the British way, with the day first. */
const dateLocale = (t: Words) => (t.locale === 'en' ? 'en-GB' : t.locale);

/** 0:52, 12:05, 1:02:03: how long a run takes. */
export function clock(ms: number): string {
  const total = Math.max(0, Math.floor(ms / second));
  const pad = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(total % 60)}` : `${minutes}:${pad(total % 60)}`;
}

/** 0.1 s, 23.3 s, 1:08: how long a step takes. */
export function duration(ms: number, t: Words): string {
  if (ms >= minute) return clock(ms);
  const tenths = Math.round(ms / 100) / 10;
  const shown = number(t.locale, 1, 1).format(tenths);
  return t.steps.seconds(shown);
}

/** 0.02 s: how fast something was; never none. */
export function hundredths(ms: number, t: Words): string {
  return t.steps.seconds(number(t.locale, 2, 2).format(Math.max(0.01, Math.round(ms / 10) / 100)));
}

/** A tick of the time axis. */
export function tick(ms: number, t: Words): string {
  const plain = number(t.locale, 0, 1);
  return ms >= minute ? t.steps.minutes(plain.format(ms / minute)) : t.steps.seconds(plain.format(ms / second));
}

export function integer(value: number, t: Words): string {
  return number(t.locale, 0, 3).format(value);
}

/** Numbers of a result keep every digit they came with. */
export function decimal(value: number, t: Words): string {
  return number(t.locale, 0, 15).format(value);
}

/** 184 KB, 2.4 MB; MB = 1024², as servers count. */
export function bytes(size: number, t: Words): string {
  const kb = 1024;
  const [value, unit] = size < kb ? [size, 'B'] : size < kb * kb ? [size / kb, 'KB'] : size < kb ** 3 ? [size / kb ** 2, 'MB'] : [size / kb ** 3, 'GB'];
  const digits = unit === 'B' || unit === 'KB' || value >= 10 ? 0 : 1;
  // The unit stays with its number.
  return `${number(t.locale, 0, digits).format(value)}\u00a0${unit}`;
}

export function timeOfDay(at: number, t: Words): string {
  return date(t.locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);
}

/** To the second, for interruptions that last no longer. */
export function exactTime(at: number, t: Words): string {
  return date(t.locale, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(at);
}

function dayNumber(at: number): number {
  const date = new Date(at);
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / (24 * 60 * minute));
}

/** “Today 10:24”, “Yesterday 16:42”, “18 Nov 11:20”, “18 Nov 2025 11:20”. */
export function when(at: number, now: number, t: Words): string {
  const time = timeOfDay(at, t);
  const days = dayNumber(now) - dayNumber(at);
  if (days === 0) return `${t.history.today} ${time}`;
  if (days === 1) return `${t.history.yesterday} ${time}`;
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return `${shortDay(at, t, !sameYear)} ${time}`;
}

/** “18 Nov”, “18 Nov 2025”. */
export function shortDay(at: number, t: Words, withYear: boolean): string {
  return date(dateLocale(t), { day: 'numeric', month: 'short', ...(withYear ? { year: 'numeric' } : {}) }).format(at);
}

/** The heading above the runs of a day. */
export function dayHeading(at: number, now: number, t: Words): string {
  const locale = dateLocale(t);
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  const day = date(locale, { day: 'numeric', month: 'long', ...(sameYear ? {} : { year: 'numeric' }) }).format(at);
  const separator = t.locale === 'en' ? ', ' : '，';
  const days = dayNumber(now) - dayNumber(at);
  if (days === 0) return `${t.history.today}${separator}${day}`;
  if (days === 1) return `${t.history.yesterday}${separator}${day}`;
  // Within a week its name says more than its number.
  if (days > 1 && days < 7) return `${date(locale, { weekday: 'long' }).format(at)}${separator}${day}`;
  return day;
}

export function sameDay(a: number, b: number): boolean {
  return dayNumber(a) === dayNumber(b);
}

export function fullDate(at: number, t: Words): string {
  return date(dateLocale(t), { dateStyle: 'long', timeStyle: 'medium' }).format(at);
}

export function fullDay(at: number, t: Words): string {
  return date(dateLocale(t), { dateStyle: 'long' }).format(at);
}

export function listOf(items: string[], t: Words): string {
  let format = lists.get(t.locale);
  if (!format) lists.set(t.locale, (format = new Intl.ListFormat(t.locale, { type: 'conjunction' })));
  const list = format.format(items);
  // A blank stands between Chinese and what is not.
  return t.locale === 'en' ? list : list.replace(/([\p{Script=Latin}\d])(?=\p{Script=Han})|(\p{Script=Han})(?=[\p{Script=Latin}\d])/gu, '$1$2 ');
}

/** 2026-11-22 14.05.09: a moment in the name of a file, which every system takes and sorts. */
export function stamp(at: number): string {
  const moment = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())} ${two(moment.getHours())}.${two(moment.getMinutes())}.${two(moment.getSeconds())}`;
}
