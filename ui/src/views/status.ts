/** Icon, tone and word of a run's state, the same wherever a run is named. Pure. */
import type { App } from '../ipc/gen/App';
import type { RunHead } from '../ipc/gen/RunHead';
import type { RunStatus } from '../ipc/gen/RunStatus';
import type { IconName } from '../parts/icons';
import type { Words } from '../text/en';
import { contactSaid, isAway } from '../underway/contact';

export interface Look {
  icon: IconName;
  tone: string;
  cell: string;
  spin: boolean;
}

export interface Shown {
  status: RunStatus;
  word: string;
  look: Look;
}

export const runLooks: Record<RunStatus, Look> = {
  preparing: { icon: 'spin', tone: 'run', cell: 'c-run', spin: true },
  uploading: { icon: 'spin', tone: 'run', cell: 'c-run', spin: true },
  starting: { icon: 'spin', tone: 'run', cell: 'c-run', spin: true },
  running: { icon: 'spin', tone: 'run', cell: 'c-run', spin: true },
  stopping: { icon: 'spin', tone: 'idle', cell: 'c-idle', spin: true },
  out_of_contact: { icon: 'offline', tone: 'warn', cell: 'c-warn', spin: false },
  waiting: { icon: 'n-human', tone: 'warn', cell: 'c-warn', spin: false },
  paused: { icon: 'paused', tone: 'warn', cell: 'c-warn', spin: false },
  succeeded: { icon: 'ok', tone: 'ok', cell: 'c-ok', spin: false },
  partly_succeeded: { icon: 'warn', tone: 'warn', cell: 'c-warn', spin: false },
  failed: { icon: 'bad', tone: 'bad', cell: 'c-bad', spin: false },
  stopped: { icon: 'stopped', tone: 'idle', cell: 'c-idle', spin: false },
  unknown: { icon: 'help', tone: 'idle', cell: 'c-idle', spin: false },
};

const keyLook: Look = { icon: 'key', tone: 'warn', cell: 'c-warn', spin: false };

/** Nothing ran: whatever its state is called, that is what it comes to. */
export function wasSent({ error }: Pick<RunHead, 'error'>): boolean {
  return error?.cause !== 'not_sent';
}

/** `stopping`: it was asked to stop, here or in Rust; that is shown before anybody has answered. */
export function shownAs(head: Pick<RunHead, 'status' | 'contact' | 'error'>, app: App | undefined, stopping: boolean, t: Words): Shown {
  const { status } = head;
  const as = (status: RunStatus, word = t.run.statuses[status], look = runLooks[status]): Shown => ({ status, word, look });
  if (stopping) return as('stopping');
  if (isAway(head)) {
    const { word, keyNeeded } = contactSaid(head, app, stopping, t);
    return head.contact?.goesOn ? as('running', word) : as('out_of_contact', word, keyNeeded ? keyLook : undefined);
  }
  return wasSent(head) ? as(status) : as('stopped', t.run.notSent);
}
