/** Until when something is possible with a run that is not going on by itself: answering it, or hearing of it again. Pure. */
import type { App } from '../ipc/gen/App';
import type { RunHead } from '../ipc/gen/RunHead';
import { sameDay, timeOfDay, when } from '../text/format';
import type { Words } from '../text/en';
import { isAway, keyNeeded } from './contact';

/** A time of day, with the day where it is another one. */
export function moment(at: number, now: number, t: Words): string {
  return sameDay(at, now) ? timeOfDay(at, t) : when(at, now, t);
}

/** `deadline` is that of its question. Empty where there is none. */
export function due(head: Pick<RunHead, 'status' | 'contact'>, app: Pick<App, 'origin' | 'key'> | undefined, deadline: number | undefined, now: number, t: Words): string {
  if (head.status === 'waiting') return deadline === undefined ? '' : t.underway.answerBy(moment(deadline, now, t));
  const until = isAway(head) && !keyNeeded(app) ? head.contact?.until : null;
  return until ? t.underway.askedUntil(moment(until, now, t)) : '';
}
