/** Which runs come first where several are listed. Pure. */
import type { RunHead } from '../ipc/gen/RunHead';

/** Those that wait for the user first; else the newest (ids sort by start), so that rows keep their order as runs end. */
export function byUrgency(heads: Iterable<RunHead>): RunHead[] {
  const waits = (head: RunHead) => Number(head.status === 'waiting');
  return [...heads].sort((a, b) => waits(b) - waits(a) || (a.id < b.id ? 1 : -1));
}

/** The first so many, and the one that is shown in any case; the others. */
export function fitting(heads: RunHead[], room: number, shown: string | undefined): { fit: RunHead[]; rest: RunHead[] } {
  const fit = heads.slice(0, Math.max(1, room));
  const wanted = heads.find((head) => head.id === shown);
  if (wanted && !fit.includes(wanted)) fit.splice(-1, 1, wanted);
  return { fit, rest: heads.filter((head) => !fit.includes(head)) };
}
