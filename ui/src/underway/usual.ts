/** What past runs let us say of one that goes on: the time left, or how long it usually takes, or nothing. Pure. */
import type { RunHead } from '../ipc/gen/RunHead';
import type { Usual } from '../ipc/gen/Usual';
import type { UsualTime } from '../ipc/gen/UsualTime';
import type { Words } from '../text/en';
import { integer } from '../text/format';
import { isAway } from './contact';

type Unit = 's' | 'min' | 'h';

const inUnit: Record<Unit, number> = { s: 1000, min: 60_000, h: 3_600_000 };

/** Up to a minute in seconds, to an hour and a half in minutes. */
const unitOf = (ms: number): Unit => (ms <= 60_000 ? 's' : ms <= 90 * 60_000 ? 'min' : 'h');

/** Whole units, up; many seconds to the next five, because nobody knows them better. */
function up(ms: number, unit: Unit): number {
  const whole = Math.max(1, Math.ceil(ms / inUnit[unit]));
  return unit === 's' && whole > 10 ? Math.ceil(whole / 5) * 5 : whole;
}

/** “usually 1–3 min”, “usually about 2 min”. */
export function usuallySaid({ low, high }: UsualTime, t: Words): string {
  const u = t.usual;
  const unit = unitOf(high);
  const [from, to] = [up(low, unit), up(high, unit)];
  const figure = (value: number) => integer(value, t);
  return from >= to ? u.takesAbout(u[unit](figure(to))) : u.takes(u[unit](u.range(figure(from), figure(to))));
}

/** The time left of one that takes as long as most; null where that cannot be told, or not any more. */
function left({ median, steady }: UsualTime, elapsed: number): number | null {
  return steady && elapsed < median ? median - elapsed : null;
}

/** Tens of seconds, then minutes, then hours: it counts down in steps that are no finer than what is known. */
function counted(ms: number): { unit: Unit; value: number } {
  const tens = Math.ceil(ms / 10_000) * 10;
  if (tens < 60) return { unit: 's', value: tens };
  const unit = ms <= 90 * 60_000 ? 'min' : 'h';
  return { unit, value: Math.ceil(ms / inUnit[unit]) };
}

function leftSaid(ms: number, t: Words): string {
  const u = t.usual;
  if (ms <= 10_000) return u.fewSecondsLeft;
  const { unit, value } = counted(ms);
  return { s: u.leftSeconds, min: u.leftMinutes, h: u.leftHours }[unit](value);
}

export function isLate(time: UsualTime, elapsed: number): boolean {
  return elapsed > time.late;
}

/** `alone`: the time it took so far stands nowhere beside it. */
export function timeSaid(time: UsualTime | null | undefined, elapsed: number, t: Words, alone = false): string {
  if (!time) return '';
  if (isLate(time, elapsed)) {
    const usually = usuallySaid(time, t);
    if (!alone) return t.usual.late(usually);
    const unit = unitOf(elapsed);
    return t.usual.lateAlone(t.usual[unit](integer(up(elapsed, unit), t)), usually);
  }
  const rest = left(time, elapsed);
  return rest === null ? usuallySaid(time, t) : leftSaid(rest, t);
}

/** Where there is little room: the time left, or nothing. */
export function leftShort(time: UsualTime | null | undefined, elapsed: number, t: Words): string {
  const rest = time && !isLate(time, elapsed) ? left(time, elapsed) : null;
  if (rest === null) return '';
  const { unit, value } = counted(rest);
  return t.usual.short[unit](value);
}

/** Since when it counts: the server counts from its first step, and files may have taken their time before. */
export interface Begun {
  steps: { startedAt: number }[];
  questions: unknown[];
}

/**
 * How long it has been at work, for comparing it with past runs; null while that cannot be compared: before it is
 * sent, without news, while it is being stopped, and once it has waited for a person.
 */
export function atWork(head: Pick<RunHead, 'status' | 'startedAt' | 'contact'>, run: Begun | undefined, stopping: boolean, now: number): number | null {
  if (stopping || (run && run.questions.length > 0)) return null;
  if (head.status === 'starting' && !isAway(head)) return 0;
  if (head.status !== 'running' || (isAway(head) && !head.contact?.goesOn)) return null;
  return Math.max(0, now - (run?.steps[0]?.startedAt ?? head.startedAt));
}

/** Of the bar: how many steps of how many; null where that is not known, or not any more. */
export function stepsOf(usual: Usual | undefined, done: number): { done: number; usually: number } | null {
  const usually = usual?.steps ?? 0;
  return usually > 1 && done < usually ? { done, usually } : null;
}
