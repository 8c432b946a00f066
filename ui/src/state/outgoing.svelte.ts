/** Runs that leave the program and come back in: what is asked for, and how far it is. */
import type { Backend } from '../ipc/backend';
import type { AppId } from '../ipc/gen/AppId';
import type { Export } from '../ipc/gen/Export';
import type { Exported } from '../ipc/gen/Exported';
import type { RunId } from '../ipc/gen/RunId';
import type { Search } from '../ipc/gen/Search';
import type { Unpacked } from '../ipc/gen/Unpacked';

/** The runs that are to be exported: these, or what a search finds. */
export interface ExportAsk {
  runs: readonly RunId[];
  search: Search;
  /** The one app all of them are of, where that is known. */
  appId: AppId | null;
}

/** By its name alone: what it is, Rust finds out. */
export const isRunFile = (name: string): boolean => /\.flowdeck-run$/i.test(name);

export const anySearch = (appId: AppId | null): Search => ({
  text: '',
  filter: { apps: appId === null ? [] : [appId], statuses: [], origins: [], after: null, before: null, minElapsed: null, maxElapsed: null, minTokens: null, maxTokens: null, reviewed: null, starred: null, tags: [] },
});

/** Whether a search leaves any runs of the app, or of all, out. */
export function narrows({ text, filter }: Search, appId: AppId | null): boolean {
  const set = Object.entries(filter).filter(([name]) => name !== 'apps');
  return text.trim() !== '' || set.some(([, value]) => (Array.isArray(value) ? value.length > 0 : value !== null)) || (appId === null && filter.apps.length > 0);
}

export class Outgoing {
  /** The dialog for an export is open. */
  asked = $state.raw<ExportAsk | null>(null);
  /** Runs written so far; null while nothing is being written. */
  written = $state<number | null>(null);

  constructor(private readonly backend: Backend) {}

  ask(runs: readonly RunId[], search: Search, appId: AppId | null): void {
    this.asked = { runs, search, appId };
  }

  hear(runs: number): void {
    if (this.written !== null) this.written = runs;
  }

  async export(wish: Export, title: string, name: string): Promise<Exported | null> {
    this.written = 0;
    try {
      return await this.backend.runsExport(wish, title, name);
    } finally {
      this.written = null;
    }
  }

  async stop(): Promise<void> {
    await this.backend.exportStop();
  }

  /** Asks for the file of a run; null when none was chosen. */
  async open(title: string, filterName: string): Promise<Unpacked | null> {
    return this.backend.runUnpack(title, filterName);
  }
}
