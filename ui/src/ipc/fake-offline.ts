/** The fake's network, and runs that are kept ready until they are sent. */
import type { Backend, Entries } from './backend';
import { failure, found, type World } from './fake-world';
import type { Filled } from './gen/Filled';
import type { Prepared } from './gen/Prepared';
import { stagedFile } from './fake-world';

type Methods = Pick<Backend, 'offline' | 'away' | 'offlineCheck' | 'runPrepare' | 'preparedList' | 'preparedSend' | 'preparedOpen' | 'preparedRemove' | 'preparedRestore'>;

interface Kept {
  prepared: Prepared;
  entries: Entries;
  removed: boolean;
}

export function offlineMethods(all: World, runs: Pick<Backend, 'formCheck' | 'runStart'>): Methods {
  const kept = new Map<string, Kept>();
  const changed = () => all.emit({ type: 'prepared_changed' });
  const of = (id: string) => {
    const one = found(kept.get(id));
    if (one.removed) throw failure('not_found');
    return one;
  };
  const files = (entries: Entries) =>
    Object.values(entries).flatMap((entry) => (entry.kind === 'files' ? entry.value : [])).flatMap((file) => (file.kind === 'staged' ? [all.staged.get(file.value) ?? stagedFile(file.value, { id: file.value, state: { state: 'gone' }, since: 'gone' })] : []));
  const title = (entries: Entries) => {
    const text = Object.values(entries).find((entry) => entry.kind === 'text')?.value;
    return files(entries)[0]?.name ?? (typeof text === 'string' ? text : '');
  };

  return {
    offline: async () => all.offline,
    away: async () => structuredClone(all.away),
    async offlineCheck() {
      all.emit({ type: 'offline_changed', offline: all.offline, away: all.away });
    },
    async runPrepare(appId, entries) {
      const problems = (await runs.formCheck(appId, entries)).filter((problem) => !problem.warning && problem.issue.code !== 'file_not_uploaded');
      if (problems.length > 0) throw failure('form_invalid', { problems });
      const id = `prepared-${++all.counter}`;
      const prepared: Prepared = { id, appId, title: title(entries), createdAt: Date.now(), files: files(entries).map(({ name, since }) => ({ name, since })), sending: false, formChanged: false };
      kept.set(id, { prepared, entries: structuredClone(entries), removed: false });
      changed();
      return id;
    },
    preparedList: async () => structuredClone([...kept.values()].filter((one) => !one.removed).map((one) => one.prepared)),
    async preparedSend(id) {
      const one = of(id);
      if (one.prepared.sending) throw failure('not_found');
      if (all.offline) throw failure('unreachable');
      one.prepared.sending = true;
      changed();
      try {
        const run = await runs.runStart(one.prepared.appId, one.entries);
        kept.delete(id);
        return run;
      } finally {
        one.prepared.sending = false;
        changed();
      }
    },
    async preparedOpen(id): Promise<Filled> {
      const { entries } = of(id);
      return structuredClone({ entries, changes: { fields: [], aside: [] }, files: files(entries), revision: 0, fromCopies: [] });
    },
    async preparedRemove(id) {
      of(id).removed = true;
      changed();
    },
    async preparedRestore(id) {
      found(kept.get(id)).removed = false;
      changed();
    },
  };
}
