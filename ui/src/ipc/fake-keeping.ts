/** What the fake keeps: its runs count a kilobyte each, and its rules go by their ends. */
import type { Backend } from './backend';
import { failure, found, type World } from './fake-world';
import type { BackupFacts } from './gen/BackupFacts';
import type { Keeping } from './gen/Keeping';
import type { KeepRule } from './gen/KeepRule';
import type { Preferences } from './gen/Preferences';
import type { Run } from './gen/Run';

type Methods = Pick<
  Backend,
  'keeping' | 'keepingSet' | 'keepingPreview' | 'keepingSweep' | 'keepingDelete' | 'vacuum' | 'backupMake' | 'backupRestore' | 'backupCancel' | 'restoreTake' | 'restoreDrop' | 'restoreUndo' | 'restoreForget' | 'restoredPreferences'
>;

const day = 24 * 60 * 60 * 1000;
const over = ['succeeded', 'partly_succeeded', 'failed', 'stopped', 'unknown'];

/** Days that make sense, as Rust reads them. */
function sensible({ days, filesDays }: KeepRule): KeepRule {
  const least = (value: number | null) => (value === null ? null : Math.max(1, value));
  const [runs, files] = [least(days), least(filesDays)];
  return { days: runs, filesDays: runs !== null && files !== null && files >= runs ? null : files };
}

export function keepingMethods(all: World): Methods {
  const rules = new Map<string, KeepRule>();
  const state = { free: 12_000_000, backup: null as Keeping['backup'], aside: null as Keeping['aside'], read: false };
  /** Of the backup, of the state aside, and what the next start is told. */
  const set = { backup: {} as Preferences, aside: {} as Preferences, come: {} as Preferences };
  const ruleOf = (app: string) => rules.get(app) ?? rules.get('') ?? { days: null, filesDays: null };
  const runsOf = (app: string) => [...all.runs.values()].filter((run) => run.head.appId === app);
  const goes = (run: Run, days: number | null) => days !== null && over.includes(run.head.status) && (run.head.finishedAt ?? run.head.startedAt) < Date.now() - days * day;
  const facts = (): BackupFacts => ({ at: Date.now(), apps: all.apps.size, runs: all.runs.size, files: 3, preferences: Object.keys(set.backup).length > 0, size: 4_800_000 });

  function now(): Keeping {
    const apps = [...all.apps.values()].map((app) => {
      const runs = runsOf(app.id).length;
      return { appId: app.id, title: app.branding.title, removed: false, runs, bodies: runs * 1024, files: runs * 2048, copies: runs * 512, sounds: 0, rule: rules.get(app.id) ?? null };
    });
    apps.sort((a, b) => b.runs - a.runs);
    return { database: 48_000_000 + state.free, free: state.free, apps, rule: rules.get('') ?? { days: null, filesDays: null }, clockIsSteady: true, backup: state.backup, aside: state.aside, asideSize: state.aside ? 31_000_000 : 0 };
  }

  return {
    keeping: async () => structuredClone(now()),
    async keepingSet(appId, rule) {
      if (appId !== null) found(all.apps.get(appId));
      if (rule === null) rules.delete(appId ?? '');
      else rules.set(appId ?? '', sensible(rule));
      return structuredClone(now());
    },
    async keepingPreview(appId, rule) {
      const apps = appId === null ? [...all.apps.keys()].filter((app) => !rules.has(app)) : [appId];
      const { days, filesDays } = sensible(rule ?? (appId === null ? { days: null, filesDays: null } : (rules.get('') ?? { days: null, filesDays: null })));
      const runs = apps.flatMap(runsOf);
      return { runs: runs.filter((run) => goes(run, days)).length, withoutFiles: runs.filter((run) => run.files.length > 0 && goes(run, filesDays) && !goes(run, days)).length, waits: false };
    },
    async keepingSweep() {
      let [runs, withoutFiles] = [0, 0];
      for (const [id, run] of all.runs) {
        const rule = ruleOf(run.head.appId);
        if (goes(run, rule.days)) {
          all.runs.delete(id);
          runs++;
        } else if (goes(run, rule.filesDays) && run.files.some((file) => file.local === 'stored')) {
          for (const file of run.files) if (file.local === 'stored') file.local = 'let_go';
          withoutFiles++;
        }
      }
      if (runs > 0) all.emit({ type: 'history_changed' });
      return { runs, withoutFiles, waits: false };
    },
    async keepingDelete(appId) {
      const gone = runsOf(appId).filter((run) => over.includes(run.head.status));
      for (const run of gone) all.runs.delete(run.head.id);
      all.emit({ type: 'history_changed' });
      return gone.length;
    },
    async vacuum() {
      const { database, free } = now();
      state.free = 0;
      return { before: database, after: database - free };
    },
    async backupMake(_title, preferences) {
      set.backup = structuredClone(preferences);
      for (const stage of ['history', 'files', 'checking'] as const) {
        all.emit({ type: 'backup_progress', stage, done: 1, total: 2 });
        await all.wait(all.pace);
      }
      const made = facts();
      state.backup = { at: made.at, size: made.size };
      return made;
    },
    async backupRestore() {
      for (const stage of ['checking', 'building'] as const) {
        all.emit({ type: 'backup_progress', stage, done: 1, total: 2 });
        await all.wait(all.pace);
      }
      state.read = true;
      return facts();
    },
    backupCancel: async () => undefined,
    async restoreTake(preferences) {
      if (!state.read) throw failure('not_found');
      [state.read, state.aside] = [false, { at: Date.now(), folder: 'before-restore-1' }];
      [set.come, set.aside] = [set.backup, structuredClone(preferences)];
    },
    async restoreDrop() {
      state.read = false;
    },
    async restoreForget() {
      state.aside = null;
    },
    async restoredPreferences() {
      const told = set.come;
      set.come = {};
      return told;
    },
    async restoreUndo(preferences) {
      if (!state.aside) throw failure('not_found');
      [set.come, set.aside] = [set.aside, structuredClone(preferences)];
    },
  };
}
