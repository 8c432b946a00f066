/** Words for what happened to runs while the user looked elsewhere. Whether they do, only Rust knows: it drops the rest. */
import type { Backend } from '../ipc/backend';
import type { RunHead } from '../ipc/gen/RunHead';
import type { RunId } from '../ipc/gen/RunId';
import type { RunPatch } from '../ipc/gen/RunPatch';
import type { RunStatus } from '../ipc/gen/RunStatus';
import type { Words } from '../text/en';
import type { Told } from '../text/desktop-en';
import { words } from '../text/words.svelte';
import type { Looks } from './looks.svelte';

/** What ends within this time is told together. */
const gatherFor = 1500;
/** Titles are as long as what was typed; notifications are not. */
const longestTitle = 60;

const toldAs: Partial<Record<RunStatus, Told>> = {
  succeeded: 'ready', partly_succeeded: 'partly', failed: 'failed', stopped: 'stopped', unknown: 'unknown', waiting: 'waiting', paused: 'paused',
};

/** One run that has something to tell. */
export interface Telling {
  head: RunHead;
  told: Told;
  /** Name of the app. */
  app: string;
  /** The step that failed, or that asks. */
  step: string;
}

export class Notifications {
  /** How each run was last told of, so that nothing is told twice. */
  private readonly before = new Map<RunId, RunStatus>();
  /** Which step asks, per run. */
  private readonly asking = new Map<RunId, string>();
  private gathered = new Map<RunId, RunHead>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly backend: Backend,
    private readonly looks: Looks,
    private readonly appName: (head: RunHead) => string,
    private readonly titleOf: (head: RunHead) => string = (head) => head.title,
  ) {}

  /** Runs that an earlier session left: what they wait for was told then. */
  knows(heads: Iterable<RunHead>): void {
    for (const head of heads) this.before.set(head.id, head.status);
  }

  hear(patch: RunPatch): void {
    const open = patch.questions?.find((question) => question.state.state === 'open');
    if (open) this.asking.set(patch.id, open.form.nodeTitle);
    const { head } = patch;
    if (!head || this.before.get(head.id) === head.status) return;
    this.before.set(head.id, head.status);
    if (!toldAs[head.status]) {
      // It went on before it was told.
      this.gathered.delete(head.id);
      return;
    }
    // Who looks at the page now has seen it, wherever the window is when it is told.
    if (!this.looks.notify || document.hasFocus()) return;
    this.gathered.set(head.id, head);
    this.timer ??= setTimeout(() => this.tell(), gatherFor);
  }

  private tell(): void {
    this.timer = undefined;
    const tellings = [...this.gathered.values()].flatMap((head): Telling[] => {
      const told = toldAs[head.status];
      const step = told === 'waiting' ? this.asking.get(head.id) : head.error?.step;
      return told ? [{ head: { ...head, title: this.titleOf(head) }, told, app: this.appName(head), step: step ?? '' }] : [];
    });
    this.gathered = new Map();
    const note = compose(tellings, this.looks.notifyTitles, words.now);
    if (note) void this.backend.notifyRun(note.runId, note.title, note.body);
  }
}

/** One notification for all of them; `runId` is null when it tells of several. */
export function compose(tellings: Telling[], titles: boolean, t: Words): { runId: RunId | null; title: string; body: string } | null {
  const [first] = tellings;
  if (!first) return null;
  const { told } = t.desktop;
  const title = tellings.every((telling) => telling.app === first.app) ? first.app || t.appName : t.appName;
  if (tellings.length === 1) {
    const name = titles && first.head.title ? told.named(shorten(first.head.title)) : told.unnamed;
    return { runId: first.head.id, title, body: told.one[first.told](name, first.step) };
  }
  const counts = new Map<Told, number>();
  for (const telling of tellings) counts.set(telling.told, (counts.get(telling.told) ?? 0) + 1);
  const body =
    counts.size === 1 ? told.all[first.told](tellings.length) : told.mixed(tellings.length, [...counts].map(([kind, count]) => told.part[kind](count)));
  return { runId: null, title, body };
}

function shorten(title: string): string {
  const line = [...title.replace(/\s+/g, ' ').trim()];
  return line.length > longestTitle ? `${line.slice(0, longestTitle - 1).join('')}…` : line.join('');
}
