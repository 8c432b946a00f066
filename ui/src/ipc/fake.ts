/**
 * A small backend in memory, for unit tests and for a plain browser (`npm run dev`, then `/?fake`).
 * It keeps the contract, not the looks of a server: rules and events behave like Rust's.
 */
import type { Backend } from './backend';
import { appMethods } from './fake-apps';
import { fileMethods } from './fake-files';
import { historyMethods } from './fake-history';
import { keepingMethods } from './fake-keeping';
import { keptMethods } from './fake-kept';
import { logMethods } from './fake-logs';
import { offlineMethods } from './fake-offline';
import { outMethods } from './fake-out';
import { pastMethods } from './fake-past';
import { playerMethods } from './fake-player';
import { sentMethods } from './fake-sent';
import { runMethods } from './fake-runs';
import type { StagedFile } from './gen/StagedFile';
import { failure, world } from './fake-world';
import type { App } from './gen/App';
import type { AppEvent } from './gen/AppEvent';
import type { Draft } from './gen/Draft';
import type { Away } from './gen/Away';
import type { FailureCode } from './gen/FailureCode';
import type { Offline } from './gen/Offline';
import type { Run } from './gen/Run';

export { pastRuns } from './fake-data';
export { failure, stagedFile } from './fake-world';

export interface FakeOptions {
  apps?: App[];
  runs?: Run[];
  drafts?: Record<string, Draft>;
  /** Runs that only the servers know. */
  onServers?: Run[];
  /** Milliseconds of a step; 0 in tests. */
  pace?: number;
  /** Commands that fail, by method name. */
  failing?: Partial<Record<keyof Backend, FailureCode>>;
}

export interface FakeBackend extends Backend {
  /** What Rust would tell the page, such as a drop. */
  emit(event: AppEvent): void;
  /** The network goes, or comes back: which servers are out of reach then. */
  reach(offline: Offline | null, away?: Away[]): void;
  /** Methods called so far, with their arguments. */
  calls: [string, ...unknown[]][];
  /** What was chosen, for tests that choose by themselves. */
  staged: Map<string, StagedFile>;
}

export function fakeBackend(options: FakeOptions = {}): FakeBackend {
  const all = world(options.pace ?? 0, options.apps ?? [], options.runs ?? [], options.onServers ?? []);
  const calls: FakeBackend['calls'] = [];
  const files = fileMethods(all);
  const runs = runMethods(all, files.fileChoose);

  const methods: Backend = {
    ...appMethods(all),
    ...files,
    ...keptMethods(all, new Map(Object.entries(options.drafts ?? {}))),
    ...runs,
    ...pastMethods(all),
    ...historyMethods(all),
    ...logMethods(all),
    ...offlineMethods(all, runs),
    ...keepingMethods(all),
    ...outMethods(all),
    ...playerMethods(all),
    ...sentMethods(all),
    async subscribe(onEvent) {
      all.listener = onEvent;
    },
    runSaveText: async () => true,
    runFileSave: async () => true,
    runFileOpen: async () => undefined,
    runFileShow: async () => undefined,
    runFileLook: async () => ({ shows: 'text', mimeType: 'text/plain', size: 12, text: 'name,amount\n', cut: false }),
    runFileBytes: async () => new ArrayBuffer(0),
    runFilesFetch: async () => undefined,
    runSaveAll: async (_run, _title, texts) => ({ saved: texts.length, missing: 0 }),
    linkOpen: async () => undefined,
    pictureFetch: async () => 'data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==',
    startAgain: async () => undefined,
    about: async () => ({ version: '0.1.0', system: 'Debian GNU/Linux 12, x86_64', dataFolder: '/home/anna/.local/share/flowdeck', historySetAside: null, notSent: [] }),
    closeHeard: async () => undefined,
    closeAnswer: async () => undefined,
    traySay: async () => undefined,
    notifyRun: async () => undefined,
  };

  const recorded = Object.fromEntries(
    Object.entries(methods).map(([name, method]: [string, (...args: never[]) => Promise<unknown>]) => [
      name,
      async (...args: never[]) => {
        calls.push([name, ...args]);
        const code = options.failing?.[name as keyof Backend];
        if (code) throw failure(code);
        return method(...args);
      },
    ]),
  ) as unknown as Backend;
  const reach: FakeBackend['reach'] = (offline, away = []) => {
    Object.assign(all, { offline, away });
    all.emit({ type: 'offline_changed', offline, away });
  };
  return { ...recorded, emit: all.emit, reach, calls, staged: all.staged };
}
