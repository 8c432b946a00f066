/** What a row of the history says. Pure. */
import type { PastRun } from '../ipc/gen/PastRun';
import type { Remarks } from '../ipc/gen/Remarks';
import type { RunHead } from '../ipc/gen/RunHead';
import type { RunOrigin } from '../ipc/gen/RunOrigin';
import type { IconName } from '../parts/icons';
import { clock, duration } from '../text/format';
import type { Words } from '../text/en';
import { wasSent } from '../views/status';

export const originIcons: Record<RunOrigin, IconName> = { here: 'monitor', server: 'cloud', web_app: 'globe', other: 'person', file: 'file' };

/** What a run is called: by its user, else by what went in. */
export function titleOfRun({ name, head }: Pick<PastRun, 'name' | 'head'>, t: Words): string {
  return name || head.title || t.history.untitled;
}

export function tookOf(head: RunHead, t: Words): string {
  // When it ended is not known of one whose end nobody saw, and one that was never sent took no time.
  if ((head.finishedAt === null && head.elapsed === null) || head.status === 'unknown' || !wasSent(head)) return '';
  const ms = head.elapsed === null ? (head.finishedAt ?? 0) - head.startedAt : head.elapsed * 1000;
  return ms < 10_000 ? duration(ms, t) : clock(ms);
}

/** A run that is on screen by itself, as a list would have it. */
export function pastOf(head: RunHead, remarks: Remarks | undefined): PastRun {
  const { name = '', note = '', starred = false, reviewed = false, tags = [] } = remarks ?? {};
  return { head, origin: 'here', contents: 'whole', name, starred, reviewed, hasNote: note !== '', tags, snippet: null };
}
