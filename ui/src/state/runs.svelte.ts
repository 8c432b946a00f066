/** Runs that are on screen or under way. */
import { SvelteMap } from 'svelte/reactivity';
import type { Backend } from '../ipc/backend';
import type { AppId } from '../ipc/gen/AppId';
import type { RunHead } from '../ipc/gen/RunHead';
import type { RunId } from '../ipc/gen/RunId';
import type { RunPatch } from '../ipc/gen/RunPatch';
import type { RunStatus } from '../ipc/gen/RunStatus';
import { LiveRun } from './live-run.svelte';

const over: ReadonlySet<RunStatus> = new Set(['succeeded', 'partly_succeeded', 'failed', 'stopped', 'unknown']);

export function isOver(status: RunStatus): boolean {
  return over.has(status);
}

export class Runs {
  /** Heads of the runs that are not over, for the dots in the side bar. */
  readonly unfinished = new SvelteMap<RunId, RunHead>();
  private readonly opened = new SvelteMap<RunId, LiveRun>();
  /** Patches that came while a run was being opened. */
  private readonly early = new Map<RunId, RunPatch[]>();
  private readonly watchers = new Set<(head: RunHead) => void>();

  constructor(private readonly backend: Backend) {}

  async load(): Promise<void> {
    for (const head of await this.backend.runUnfinished()) this.unfinished.set(head.id, head);
  }

  isRunning(appId: AppId): boolean {
    return [...this.unfinished.values()].some((head) => head.appId === appId && head.status !== 'paused' && head.status !== 'waiting');
  }

  /** How many go on by themselves: not those that wait for a person. */
  get underWay(): number {
    return [...this.unfinished.values()].filter((head) => head.status !== 'paused' && head.status !== 'waiting').length;
  }

  get(id: RunId): LiveRun | undefined {
    return this.opened.get(id);
  }

  /** Reads the whole run; what changes later comes as patches. */
  async open(id: RunId): Promise<void> {
    this.early.set(id, []);
    try {
      const run = await this.backend.runOpen(id);
      const live = new LiveRun(run, () => void this.open(id).catch(() => undefined));
      for (const patch of this.early.get(id) ?? []) live.push(patch);
      live.flush();
      this.opened.set(id, live);
    } finally {
      this.early.delete(id);
    }
  }

  /** Past runs can be large: the page keeps only what it shows or what still changes. */
  release(id: RunId): void {
    const live = this.opened.get(id);
    if (live && isOver(live.run.head.status)) this.opened.delete(id);
  }

  apply(patch: RunPatch): void {
    const { head } = patch;
    if (head) {
      if (isOver(head.status)) this.unfinished.delete(head.id);
      else this.unfinished.set(head.id, head);
      for (const watcher of this.watchers) watcher(head);
    }
    this.early.get(patch.id)?.push(patch);
    this.opened.get(patch.id)?.push(patch);
  }

  /** Calls back with each head that changes, until the result is called. */
  watch(watcher: (head: RunHead) => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }
}
