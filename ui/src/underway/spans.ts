/** How long something has lasted or will last, in words: whole seconds, minutes, hours. Pure. */
import type { Words } from '../text/en';

export function span(ms: number, t: Words): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return t.underway.seconds(seconds);
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return t.underway.minutes(minutes);
  return t.underway.hours(Math.round(minutes / 60));
}
