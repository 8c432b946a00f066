/** Icon and tone of a run's state; the word is in the texts. */
import type { RunStatus } from '../ipc/gen/RunStatus';
import type { IconName } from '../parts/icons';

export const runLooks: Record<RunStatus, { icon: IconName; tone: string; cell: string; spin: boolean }> = {
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
