/** Runs that are on screen or under way. */
import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import type { Backend } from '../ipc/backend';
import { asFailure } from '../ipc/errors';
import type { AppId } from '../ipc/gen/AppId';
import type { Failure } from '../ipc/gen/Failure';
import type { Question } from '../ipc/gen/Question';
import type { RunHead } from '../ipc/gen/RunHead';
import type { RunId } from '../ipc/gen/RunId';
import type { RunPatch } from '../ipc/gen/RunPatch';
import type { RunStatus } from '../ipc/gen/RunStatus';
import { LiveRun } from './live-run.svelte';
import { RunView } from './run-view';

const over: ReadonlySet<RunStatus> = new Set(['succeeded', 'partly_succeeded', 'failed', 'stopped', 'unknown']);

export function isOver(status: RunStatus): boolean {
  return over.has(status);
}

const waits = ({ status }: RunHead) => status === 'paused' || status === 'waiting';

/** Called with a head that changed, and the one before it while the run was under way. */
type Watcher = (head: RunHead, before: RunHead | undefined) => void;

export class Runs {
  /** Heads of the runs that are not over, of all apps. */
  readonly unfinished = new SvelteMap<RunId, RunHead>();
  /** Why asking to stop a run failed; the button is back. */
  readonly stopRefused = new SvelteMap<RunId, Failure>();
  /** Until when what a run asks can be answered, as far as it was heard or read. */
  readonly deadlines = new SvelteMap<RunId, number>();
  private readonly opened = new SvelteMap<RunId, LiveRun>();
  /** Runs that were asked to stop in this window: shown at once, before anybody has answered. */
  private readonly asked = new SvelteSet<RunId>();
  /** Patches that came while a run was being opened. */
  private readonly early = new Map<RunId, RunPatch[]>();
  private readonly watchers = new Set<Watcher>();
  private readonly views = new Map<RunId, RunView>();
  /** Since when a run is in its state, as far as this window has seen it change. */
  private readonly changedAt = new Map<RunId, number>();
  /** When something was last heard of a run in this window. */
  private readonly heardAt = new Map<RunId, number>();
  private readonly begun = Date.now();

  constructor(private readonly backend: Backend) {}

  async load(): Promise<void> {
    for (const head of await this.backend.runUnfinished()) {
      // What was heard while the answer was on its way is newer.
      if (!this.changedAt.has(head.id)) this.unfinished.set(head.id, head);
    }
  }

  /** How many go on by themselves, of one app or of all; wherever runs are counted as under way, these are meant. */
  going(appId?: AppId): number {
    return this.count(appId, (head) => !waits(head));
  }

  get underWay(): number {
    return this.going();
  }

  /** How many wait, mostly for a person: nothing goes on until then. */
  waiting(appId?: AppId): number {
    return this.count(appId, waits);
  }

  private count(appId: AppId | undefined, which: (head: RunHead) => boolean): number {
    let count = 0;
    for (const head of this.unfinished.values()) if ((appId === undefined || head.appId === appId) && which(head)) count++;
    return count;
  }

  get(id: RunId): LiveRun | undefined {
    return this.opened.get(id);
  }

  /** How it was looked at last. */
  view(id: RunId): RunView {
    let view = this.views.get(id);
    if (!view) this.views.set(id, (view = new RunView()));
    return view;
  }

  /** Since when it is in its state. */
  since(head: RunHead): number {
    return this.changedAt.get(head.id) ?? head.startedAt;
  }

  /** When there was last news of it; before this window began there may have been some. */
  heard(head: RunHead): number {
    return this.heardAt.get(head.id) ?? Math.max(this.begun, head.startedAt);
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
      this.noteDeadline(id, live.run.questions);
    } finally {
      this.early.delete(id);
    }
  }

  /** Past runs can be large: the page keeps only what it shows or what still changes. */
  release(id: RunId): void {
    const live = this.opened.get(id);
    if (live && isOver(live.run.head.status)) this.opened.delete(id);
  }

  /** A stop is under way: asked for here, or known to Rust. */
  isStopping(head: RunHead): boolean {
    if (isOver(head.status)) return false;
    // A run on screen is drawn a moment later than it is heard of.
    return this.asked.has(head.id) || (this.unfinished.get(head.id) ?? head).status === 'stopping';
  }

  /** Shown before it is sent; what the server says of it comes with the run's state. */
  async stop(head: RunHead): Promise<void> {
    if (isOver(head.status) || this.isStopping(head)) return;
    this.asked.add(head.id);
    this.stopRefused.delete(head.id);
    try {
      await this.backend.runStop(head.id);
    } catch (thrown) {
      this.asked.delete(head.id);
      this.stopRefused.set(head.id, asFailure(thrown));
    }
  }

  apply(patch: RunPatch): void {
    const { head } = patch;
    this.heardAt.set(patch.id, Date.now());
    if (head) {
      const before = this.unfinished.get(head.id);
      if (before?.status !== head.status) this.changedAt.set(head.id, Date.now());
      if (isOver(head.status)) {
        this.unfinished.delete(head.id);
        this.heardAt.delete(head.id);
        this.deadlines.delete(head.id);
        this.asked.delete(head.id);
        this.stopRefused.delete(head.id);
      } else {
        this.unfinished.set(head.id, head);
        // From here on Rust's word holds: a server may go on waiting for a person all the same.
        if (head.status === 'stopping') {
          this.asked.delete(head.id);
          this.stopRefused.delete(head.id);
        }
      }
      for (const watcher of this.watchers) watcher(head, before);
    }
    if (patch.questions) this.noteDeadline(patch.id, patch.questions);
    this.early.get(patch.id)?.push(patch);
    this.opened.get(patch.id)?.push(patch);
  }

  /** The soonest of what is still open. */
  private noteDeadline(id: RunId, questions: Question[]): void {
    const open = questions.flatMap(({ state, form }) => (state.state === 'open' && form.expiresAt !== null ? [form.expiresAt] : []));
    if (open.length > 0) this.deadlines.set(id, Math.min(...open));
    else this.deadlines.delete(id);
  }

  /** Calls back with each head that changes, until the result is called. */
  watch(watcher: Watcher): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }
}
