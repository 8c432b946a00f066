/** The fake's servers, and what their logs tell: runs whose details are not here say so by a notice. */
import type { Backend } from './backend';
import { placesOf, queryOf } from './fake-history';
import { found, type World } from './fake-world';
import type { LogScope } from './gen/LogScope';
import type { LogState } from './gen/LogState';
import type { Run } from './gen/Run';

type Methods = Pick<Backend, 'logState' | 'logUpdate' | 'logScope' | 'logFetchDetails' | 'logStop' | 'logSearch' | 'logSearchStop' | 'runFetch'>;

const none = { name: '', note: '', starred: false, reviewed: false, tags: [] };
const isHead = (run: Run) => run.notices.some((notice) => notice.code === 'only_head');

export function logMethods(all: World): Methods {
  const kept = new Map<string, { scope: LogScope; readAt: number | null }>();
  const busy = new Set<string>();
  /** Counts the searches: a later one ends the one before. */
  let searches = 0;
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
    const { inputs, outputs } = all.onServers.get(run.head.id) ?? { inputs: run.inputs, outputs: { text: 'What the server kept.' } };
    Object.assign(run, structuredClone({ inputs, outputs }));
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
    async logSearch(search) {
      const { words } = queryOf(search.text);
      const { apps, origins } = search.filter;
      const tells = (id: string) => origins.length === 0 || origins.some((origin) => origin === 'server' || (of(id).scope === 'all' && (origin === 'web_app' || origin === 'other')));
      const asked = [...all.apps.keys()].filter((id) => (apps.length === 0 || apps.includes(id)) && tells(id));
      const holds = (run: Run) => words.every((word) => placesOf(run, none).some(([, text]) => text.toLowerCase().includes(word)));
      if (words.length === 0 || asked.length === 0) return { runs: [], apps: [], stopped: false, inexact: false, nothingToAsk: all.apps.size > 0 };
      const inexact = words.length > 3 || words.some((word) => word.length > 30);
      const mine = ++searches;
      if (all.pace > 0) await all.wait(all.pace * 4);
      if (all.offline || mine !== searches) return { runs: [], apps: asked.map((appId) => ({ appId, more: true, trouble: all.offline ? 'not_reached' : null })), stopped: !all.offline, inexact, nothingToAsk: false };
      const found = [...all.onServers.values()].filter((run) => asked.includes(run.head.appId) && holds(run));
      const isNew = found.filter((run) => !all.runs.has(run.head.id));
      for (const run of isNew) {
        all.runs.set(run.head.id, { ...structuredClone(run), head: { ...run.head, title: '' }, notices: [{ code: 'only_head' }], inputs: [], outputs: {}, steps: [], texts: [], files: [] });
        all.origins.set(run.head.id, 'server');
      }
      if (isNew.length > 0) all.emit({ type: 'history_changed' });
      const heads = found.map((run) => all.runOf(run.head.id)).filter(isHead);
      const runs = heads.map((run) => ({ head: run.head, origin: 'server' as const, contents: 'head' as const, name: '', starred: false, reviewed: false, hasNote: false, tags: [], snippet: null }));
      return structuredClone({ runs, apps: asked.map((appId) => ({ appId, more: false, trouble: null })), stopped: false, inexact, nothingToAsk: false });
    },
    async logSearchStop() {
      searches++;
    },
    async runFetch(runId) {
      const run = structuredClone(fill(all.runOf(runId)));
      all.emit({ type: 'history_changed' });
      return run;
    },
  };
}
