/** The fake's servers, and what their logs tell: runs whose details are not here say so by a notice. */
import type { Backend } from './backend';
import { found, type World } from './fake-world';
import type { LogScope } from './gen/LogScope';
import type { LogState } from './gen/LogState';
import type { Run } from './gen/Run';

type Methods = Pick<Backend, 'logState' | 'logUpdate' | 'logScope' | 'logFetchDetails' | 'logStop' | 'runFetch'>;

const isHead = (run: Run) => run.notices.some((notice) => notice.code === 'only_head');

export function logMethods(all: World): Methods {
  const kept = new Map<string, { scope: LogScope; readAt: number | null }>();
  const busy = new Set<string>();
  const of = (appId: string) => kept.get(found(all.apps.get(appId)).id) ?? { scope: 'own' as const, readAt: null };
  const runsOf = (appId: string) => [...all.runs.values()].filter((run) => run.head.appId === appId);

  function state(appId: string): LogState {
    const { scope, readAt } = of(appId);
    const runs = runsOf(appId).filter((run) => isHead(run) || run.notices.some((notice) => notice.code === 'from_server'));
    return {
      appId,
      scope,
      updating: busy.has(appId),
      fetching: null,
      since: readAt === null ? null : Math.min(readAt, ...runs.map((run) => run.head.startedAt)),
      complete: readAt !== null,
      readAt,
      trouble: null,
      runs: runs.length,
      heads: runs.filter(isHead).length,
      others: 0,
    };
  }
  const tell = (appId: string) => all.emit({ type: 'log_changed', state: state(appId) });

  function fill(run: Run): Run {
    if (!isHead(run)) return run;
    run.notices = [{ code: 'from_server' }];
    run.head.title ||= 'Fetched from the server';
    run.outputs = { text: 'What the server kept.' };
    return run;
  }

  return {
    logState: async (appId) => state(appId),
    async logUpdate(appId, asked) {
      const ids = appId === null ? [...all.apps.keys()] : [appId];
      for (const id of ids.filter((id) => asked || of(id).readAt === null)) {
        busy.add(id);
        tell(id);
        void all.wait(all.pace).then(() => {
          if (!busy.delete(id)) return;
          kept.set(id, { ...of(id), readAt: Date.now() });
          tell(id);
        });
      }
    },
    async logScope(appId, scope) {
      kept.set(appId, { ...of(appId), scope });
      tell(appId);
      return state(appId);
    },
    async logFetchDetails(appId) {
      runsOf(appId).forEach(fill);
      all.emit({ type: 'history_changed' });
      tell(appId);
    },
    async logStop(appId) {
      busy.delete(appId);
      tell(appId);
    },
    async runFetch(runId) {
      const run = structuredClone(fill(all.runOf(runId)));
      all.emit({ type: 'history_changed' });
      return run;
    },
  };
}
