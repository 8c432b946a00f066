/** What the user is told of runs that are not on screen: which have ended unseen, and one message for all of them. */
import { SvelteMap } from 'svelte/reactivity';
import type { AppId } from '../ipc/gen/AppId';
import type { RunHead } from '../ipc/gen/RunHead';
import type { RunId } from '../ipc/gen/RunId';
import { words } from '../text/words.svelte';
import { byUrgency } from '../underway/order';
import { isOver, type Runs } from './runs.svelte';
import type { Toasts } from './toasts.svelte';

/** A message is one line: the whole title is where it leads to. */
const nameLength = 44;
/** One message, however many runs end. */
const toastKey = 'runs';

export interface Surroundings {
  isOnScreen(head: RunHead): boolean;
  titleOf(head: RunHead): string;
  /** For runs that have no title. */
  nameOf(appId: AppId): string;
  show(heads: RunHead[]): void;
}

export class Underway {
  /** Ended in this session, and not looked at since. */
  readonly unseen = new SvelteMap<RunId, RunHead>();
  /** What the message that is still there is about. */
  private told: RunHead[] = [];

  constructor(
    private readonly runs: Runs,
    private readonly toasts: Toasts,
    private readonly around: Surroundings,
  ) {
    runs.watch((head, before) => this.hear(head, before));
  }

  /** The runs an app has on its Run tab: under way, ended unseen, and the one that is shown. */
  of(appId: AppId, shown: RunHead | undefined): RunHead[] {
    const heads = new Map<RunId, RunHead>();
    for (const head of [...(shown ? [shown] : []), ...this.unseen.values(), ...this.runs.unfinished.values()]) {
      if (head.appId === appId) heads.set(head.id, head);
    }
    return byUrgency(heads.values());
  }

  /** Of all apps. */
  get all(): RunHead[] {
    return byUrgency(this.runs.unfinished.values());
  }

  /** The run is on screen, or the user does not want to see it. */
  seen(id: RunId): void {
    this.unseen.delete(id);
    if (!this.told.some((head) => head.id === id)) return;
    this.told = this.told.filter((head) => head.id !== id);
    if (this.told.length > 0 && this.toasts.has(toastKey)) this.tell();
    else this.toasts.take(toastKey);
  }

  /** With an app its runs leave the Run tab. */
  forget(appId: AppId): void {
    for (const head of [...this.unseen.values()]) if (head.appId === appId) this.seen(head.id);
  }

  private hear(head: RunHead, before: RunHead | undefined): void {
    if (!isOver(head.status)) this.unseen.delete(head.id);
    // A run of which nothing was known here did not end just now.
    if (before === undefined || before.status === head.status) return;
    const isNews = isOver(head.status) || head.status === 'waiting' || head.status === 'paused';
    if (!isNews || this.around.isOnScreen(head)) return;
    if (isOver(head.status)) this.unseen.set(head.id, head);
    if (!this.toasts.has(toastKey)) this.told = [];
    this.told = [...this.told.filter((earlier) => earlier.id !== head.id), head];
    this.tell();
  }

  private tell(): void {
    const t = words.now.underway;
    const [first] = this.told;
    if (!first) return;
    const text = this.told.length > 1 ? t.toldMany(this.told.length) : this.sentence(first);
    const heads = this.told;
    this.toasts.lead(toastKey, text, t.show, () => this.around.show(heads));
  }

  private sentence(head: RunHead): string {
    const told = words.now.underway.told;
    return head.status in told ? told[head.status as keyof typeof told](this.nameOf(head)) : '';
  }

  /** A run's name in a sentence. */
  nameOf(head: RunHead): string {
    const name = this.around.titleOf(head) || this.around.nameOf(head.appId);
    return name.length > nameLength ? `${name.slice(0, nameLength).replace(/[\s…]+$/, '')}…` : name;
  }
}
