/** How long a question may still be answered, in words that do not hurry. Pure: the clock is handed in. */
import type { Words } from '../text/en';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** “2 days left”, “about 3 hours left”, “4 min left”; null once the time is over. */
export function timeLeft(left: number, t: Words): string | null {
  if (left <= 0) return null;
  if (left < minute) return t.question.secondsLeft(Math.ceil(left / second));
  if (left < hour) return t.question.minutesLeft(Math.floor(left / minute));
  if (left < 36 * hour) return t.question.hoursLeft(Math.round(left / hour));
  return t.question.daysLeft(Math.round(left / day));
}

/** When the words may change next: once a minute, and once a second in the last minute. */
export function nextTick(left: number): number | null {
  if (left <= 0) return null;
  return left > minute ? Math.min(minute, left - minute + 1) : Math.min(second, left);
}
