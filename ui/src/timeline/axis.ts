/** One time axis for all steps. Pure. */
const second = 1000;
const minute = 60 * second;
const nice = [
  100, 200, 500, second, 2 * second, 5 * second, 10 * second, 15 * second, 30 * second, minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute,
  60 * minute, 120 * minute, 360 * minute, 720 * minute, 1440 * minute,
];

export interface Axis {
  /** Milliseconds the axis spans. */
  end: number;
  tick: number;
  ticks: number[];
}

/** At most 6 ticks. While running, the axis leaves room to grow and grows in steps, so that bars do not creep; from `before` on it never shrinks. */
export function axisFor(totalMs: number, running: boolean, before: Axis | null = null): Axis {
  if (running && before && totalMs * 1.15 <= before.end) return before;
  const wanted = Math.max(running ? totalMs * 1.15 : totalMs, 500);
  const tick = nice.find((step) => wanted / step <= 6) ?? Math.ceil(wanted / 6 / (1440 * minute)) * 1440 * minute;
  const end = running ? Math.ceil(wanted / tick) * tick : wanted;
  const ticks: number[] = [];
  for (let at = 0; at < end; at += tick) ticks.push(at);
  return before?.end === end ? before : { end, tick, ticks };
}

export interface Span {
  left: number;
  width: number;
}

/** Percent of the axis. */
export function span(axis: Axis, origin: number, from: number, to: number): Span {
  const clamp = (value: number) => Math.min(100, Math.max(0, value));
  const left = clamp(((from - origin) / axis.end) * 100);
  return { left, width: Math.max(0, clamp(((to - origin) / axis.end) * 100) - left) };
}
