/** What all parts of the fake share: its apps, runs and files, its clock and its one channel to the page. */
import type { Entries } from './backend';
import type { App } from './gen/App';
import type { AppEvent } from './gen/AppEvent';
import type { Away } from './gen/Away';
import type { Failure } from './gen/Failure';
import type { FailureCode } from './gen/FailureCode';
import type { Remarks } from './gen/Remarks';
import type { Offline } from './gen/Offline';
import type { Run } from './gen/Run';
import type { RunOrigin } from './gen/RunOrigin';
import type { StagedFile } from './gen/StagedFile';

export interface World {
  /** Milliseconds of a step; 0 in tests. */
  readonly pace: number;
  readonly apps: Map<string, App>;
  readonly runs: Map<string, Run>;
  /** What the servers know of runs, also of those that are not here. */
  readonly onServers: Map<string, Run>;
  readonly staged: Map<string, StagedFile>;
  /** What runs were started with. */
  readonly entered: Map<string, Entries>;
  readonly remarks: Map<string, Remarks>;
  /** Where runs come from that were not made here. */
  readonly origins: Map<string, RunOrigin>;
  offline: Offline | null;
  away: Away[];
  listener: (event: AppEvent) => void;
  counter: number;
  emit(event: AppEvent): void;
  wait(ms: number): Promise<void>;
  appOf(id: string): App;
  runOf(id: string): Run;
  save(app: App): App;
}

export function world(pace: number, apps: App[], runs: Run[], onServers: Run[] = []): World {
  const all: World = {
    pace,
    apps: new Map(apps.map((app) => [app.id, app])),
    runs: new Map(runs.map((run) => [run.head.id, run])),
    onServers: new Map(onServers.map((run) => [run.head.id, run])),
    staged: new Map(),
    entered: new Map(),
    remarks: new Map(),
    origins: new Map(),
    offline: null,
    away: [],
    listener: () => undefined,
    counter: 0,
    emit: (event) => all.listener(structuredClone(event)),
    wait: (ms) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
    appOf: (id) => found(all.apps.get(id)),
    runOf: (id) => found(all.runs.get(id)),
    save(app) {
      all.apps.set(app.id, app);
      all.emit({ type: 'app_changed', app });
      return structuredClone(app);
    },
  };
  return all;
}

export function found<T>(thing: T | undefined): T {
  if (thing === undefined) throw failure('not_found');
  return thing;
}

export function failure(code: FailureCode, more: Partial<Failure> = {}): Failure {
  return { code, message: `fake: ${code}`, detail: null, raw: null, subject: null, reason: null, wait: null, problems: [], ...more };
}

export function stagedFile(name: string, more: Partial<StagedFile> = {}): StagedFile {
  const extension = name.includes('.') ? (name.split('.').pop() ?? '').toLowerCase() : '';
  const kind = ['png', 'jpg', 'gif', 'webp'].includes(extension) ? 'image' : ['mp3', 'wav'].includes(extension) ? 'audio' : ['zip', 'log', 'json'].includes(extension) ? 'custom' : 'document';
  return { id: `file-${name}`, name, size: 2_400_000, extension, kind, state: { state: 'ready' }, since: 'same', found: null, ...more };
}
