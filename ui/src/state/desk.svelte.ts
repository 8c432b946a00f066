/** Everything the views share, made once in main.ts and handed down as a context. */
import { createContext } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import type { Backend } from '../ipc/backend';
import { asFailure, failureDetails, failureWords } from '../ipc/errors';
import type { About } from '../ipc/gen/About';
import type { App } from '../ipc/gen/App';
import type { AppId } from '../ipc/gen/AppId';
import type { ConnectStage } from '../ipc/gen/ConnectStage';
import type { Failure } from '../ipc/gen/Failure';
import type { RunHead } from '../ipc/gen/RunHead';
import type { RunId } from '../ipc/gen/RunId';
import type { Unpacked } from '../ipc/gen/Unpacked';
import type { UnpackOutcome } from '../ipc/gen/UnpackOutcome';
import { stamp } from '../text/format';
import { words } from '../text/words.svelte';
import { Apps } from './apps.svelte';
import { Bin } from './bin.svelte';
import { Closing } from './closing.svelte';
import { Drops, type Arrival, type Place } from './drops.svelte';
import { Files } from './files.svelte';
import { FormState } from './form.svelte';
import { hear } from './hearing';
import { Keeping } from './keeping.svelte';
import { Lists } from './lists';
import { ServerLogs } from './logs.svelte';
import { Looks } from './looks.svelte';
import { Notifications } from './notifications';
import { isRunFile, Outgoing } from './outgoing.svelte';
import type { Found, Page, Pairing } from './page';
import { Player } from './player.svelte';
import { adopt, gather } from './preferences';
import { Reach } from './reach.svelte';
import { Ready } from './ready.svelte';
import { RemarksOf } from './remarks.svelte';
import { isOver, Runs } from './runs.svelte';
import type { Finder } from './search.svelte';
import { Sent } from './sent.svelte';
import { Toasts } from './toasts.svelte';
import { Underway } from './underway.svelte';
import { Usuals } from './usuals.svelte';

export type { Found, Page };

export class Desk {
  readonly apps: Apps;
  readonly files: Files;
  readonly runs: Runs;
  readonly underway: Underway;
  readonly usuals: Usuals;
  readonly looks = new Looks();
  readonly toasts = new Toasts();
  readonly drops = new Drops();
  readonly closing: Closing;
  readonly notifications: Notifications;
  readonly player: Player;
  readonly sent: Sent;
  readonly remarks: RemarksOf;
  readonly bin: Bin;
  readonly reach: Reach;
  readonly prepared: Ready;
  readonly logs: ServerLogs;
  readonly keeping: Keeping;
  readonly outgoing: Outgoing;
  readonly lists: Lists;

  page = $state.raw<Page>({ kind: 'start' });
  /** Null until the local store has answered. */
  ready = $state<boolean | null>(null);
  broken = $state.raw<Failure | null>(null);
  /** The local store takes its time to open: whether because another program holds it. */
  opening = $state<'opening' | 'held' | null>(null);
  /** Counts the tries to read from the store. */
  private turn = 0;
  /** This program, for reports. */
  about = $state.raw<About | null>(null);
  stage = $state<ConnectStage | null>(null);
  /** The address the user is asked about before a browser opens it. */
  link = $state<string | null>(null);
  shortcuts = $state(false);
  /** The app whose name is asked for. */
  renaming = $state.raw<AppId | null>(null);
  /** The network settings stand over whatever is on screen: what was typed there is kept. */
  network = $state(false);
  /** What stands in the connect form, kept while the user looks elsewhere. The key is never kept. */
  connectAddress = $state('');

  /** The run that stands on the Run tab of an app. */
  readonly current = new SvelteMap<AppId, RunId>();
  /** Apps whose form is open beside a run. */
  readonly formOpen = new SvelteMap<AppId, boolean>();
  private readonly forms = new Map<AppId, FormState>();

  /** The run that was started from the page in view last: its status line takes the focus. */
  startedHere = $state.raw<RunId | null>(null);

  /** The past run that another one is chosen for, to stand beside it. */
  pairing = $state.raw<RunHead | null>(null);
  /** The past run that a comparison led back to. */
  comparedFrom: RunId | null = null;

  constructor(readonly backend: Backend) {
    this.apps = new Apps(backend);
    this.lists = new Lists(backend);
    this.files = new Files(backend);
    this.runs = new Runs(backend);
    this.usuals = new Usuals(backend);
    this.closing = new Closing(backend, this.looks, this.runs);
    this.notifications = new Notifications(backend, this.looks, (head) => this.apps.look(head.appId)?.title ?? '', (head) => this.remarks.titleOf(head));
    this.player = new Player(backend, (thrown) => this.tell(thrown));
    this.keeping = new Keeping(backend, () => gather(this.looks, this.player));
    this.sent = new Sent(backend, (file) => this.toasts.keep(words.now.source.noRoom(file.name)));
    this.logs = new ServerLogs(backend, (thrown) => this.tell(thrown));
    this.remarks = new RemarksOf(backend, {
      changed: (ids, how) => this.lists.change(ids, how),
      failed: (thrown) => {
        this.hearHistory();
        this.tell(thrown);
      },
    });
    this.bin = new Bin(backend, this.toasts, {
      gone: (ids) => {
        this.lists.remove(ids);
        for (const [appId, runId] of this.current) if (ids.has(runId)) this.clearCurrent(appId);
      },
      changed: () => this.hearHistory(),
      back: (ids) => {
        this.hearHistory();
        this.lists.comeBack(ids);
      },
      failed: (thrown) => this.tell(thrown),
    });
    this.reach = new Reach(backend);
    this.prepared = new Ready(backend, this.toasts, (thrown) => this.tell(thrown));
    this.outgoing = new Outgoing(backend);
    this.runs.watch((head) => this.onHead(head));
    this.underway = new Underway(this.runs, this.toasts, {
      isOnScreen: (head) => this.isOnScreen(head),
      titleOf: (head) => this.remarks.titleOf(head),
      nameOf: (appId) => this.apps.look(appId)?.title ?? words.now.history.untitled,
      show: (heads) => this.showNews(heads),
    });
  }

  async begin(): Promise<void> {
    this.broken = null;
    try {
      // First, so that the store's opening cannot be missed between a vain try and the next.
      await this.backend.subscribe((event) => hear(this, event));
      await this.load();
    } catch (thrown) {
      this.broken = asFailure(thrown);
    }
  }

  /** Reads the apps, once the store is open; until then each change of its opening brings another try. */
  async load(): Promise<void> {
    const turn = ++this.turn;
    let failure: Failure | null = null;
    const adopting = this.adoptRestored();
    try {
      await this.apps.load();
    } catch (thrown) {
      failure = asFailure(thrown);
    }
    await adopting;
    if (turn !== this.turn || this.ready) return;
    this.opening = failure?.code === 'store_opening' ? 'opening' : failure?.code === 'store_held' ? 'held' : null;
    if (this.opening) return;
    this.broken = failure;
    if (failure) return;
    const first = this.apps.get(this.looks.lastApp ?? '') ?? this.apps.list[0];
    if (first) this.openApp(first.id);
    this.ready = true;
    void this.player.begin();
    for (const reading of [this.reach.begin(), this.prepared.read()]) reading.catch((thrown: unknown) => this.tell(thrown));
    this.resume().catch((thrown: unknown) => this.tell(thrown));
    await this.tellFindings();
    await this.takeHanded();
  }

  /** After a restore, what the user had set comes back with the rest. Until the store is open nobody knows: then it is asked again. */
  private async adoptRestored(): Promise<void> {
    try {
      adopt(await this.backend.restoredPreferences(), this.looks, this.player);
    } catch {
      // What is set here stays.
    }
  }

  /** What the start found that no view shows by itself. */
  private async tellFindings(): Promise<void> {
    this.about = await this.backend.about();
    const { historySetAside: aside, notSent } = this.about;
    if (aside) this.toasts.keep(words.now.crash.setAside(aside.file, aside.runs, aside.apps, aside.whole));
    const [first] = notSent;
    if (!first) return;
    const text = words.now.atStart.notSent(notSent.length, this.underway.nameOf(first));
    this.toasts.lead('not-sent', text, words.now.underway.show, () => this.showNews(notSent), true);
  }

  /** Runs that went on without the page stand where they were: on the Run tab of their app, the most urgent in front. */
  private async resume(): Promise<void> {
    await this.runs.load();
    void this.remarks.learn([...this.runs.unfinished.keys()]);
    for (const head of this.runs.unfinished.values()) this.usuals.hear(head);
    this.notifications.knows(this.runs.unfinished.values());
    for (const head of this.underway.all) {
      if (this.current.has(head.appId) || isOver((this.runs.unfinished.get(head.id) ?? head).status)) continue;
      try {
        await this.runs.open(head.id);
      } catch (thrown) {
        // The others are there all the same.
        this.tell(thrown, head.id);
        continue;
      }
      // The user may have started another one meanwhile.
      if (!this.current.has(head.appId)) this.current.set(head.appId, head.id);
    }
  }

  /** What was dropped and nobody took must not linger. */
  refuseDrop(arrival: Arrival): void {
    this.forgetArrival(arrival);
    if (this.drops.asking !== null) this.toasts.refuse(words.now.ways.busyAsking);
    else if (!this.drops.hasTaker) this.toasts.refuse(words.now.drop.noApp);
  }

  forgetArrival({ files, folders }: Arrival): void {
    for (const file of files) this.files.forget(file.id);
    for (const folder of folders) this.backend.folderForget(folder.id).catch(() => undefined);
  }

  /** For a field, or for whichever takes it. */
  bring(place: Place, arrival: Arrival): void {
    if (!this.drops.arrive(place, arrival)) this.refuseDrop(arrival);
  }

  /** Takes in what is on the clipboard, for the field that has the keyboard, or for whichever takes it. */
  async paste(place: Place): Promise<void> {
    const t = words.now;
    try {
      const at = stamp(Date.now());
      const pasted = await this.backend.paste({ picture: t.ways.pictureName(at), table: t.ways.tableName(at), text: t.ways.textName(at) });
      if (pasted.what === 'nothing') this.toasts.refuse(t.ways.pasteNothing);
      else this.bring(place, pasted);
    } catch (thrown) {
      this.tell(thrown);
    }
  }

  /** Past runs changed other than by going on: whoever shows them reads them anew. */
  hearHistory(): void {
    this.lists.hearChange();
    this.remarks.hearChange();
    // Without a count the list itself says how many there are.
    this.apps.recount().catch(() => undefined);
  }

  private onHead(head: RunHead): void {
    this.usuals.hear(head);
    this.lists.hear(head);
    // It goes on, or has ended: that it could not be asked about is over.
    if (head.status !== 'out_of_contact' || (head.contact !== null && head.contact.trouble === null)) this.toasts.take(head.id);
  }

  form(app: App): FormState {
    const known = this.forms.get(app.id);
    if (known) return known;
    const form = new FormState(this.backend, this.files, app, (thrown) => this.tell(thrown));
    this.forms.set(app.id, form);
    return form;
  }

  /** The search in the history of an app, or of all. */
  finder(appId: AppId | null): Finder {
    return this.lists.finder(appId);
  }

  /** The form of an app has changed. */
  adopt(app: App): void {
    this.forms.get(app.id)?.adopt(app.form.fields);
  }

  openApp(appId: AppId): void {
    this.looks.lastApp = appId;
    this.page = { kind: 'app', appId, tab: 'run' };
  }

  openHistory(appId: AppId, runId: RunId | null = null, find?: Found): void {
    // A run under way is no past run.
    if (runId !== null && this.runs.unfinished.has(runId)) return this.lookAt(appId, runId);
    this.page = { kind: 'app', appId, tab: 'history', runId, fromAllRuns: false, find };
  }

  /** A past run from the list of all runs: under its app, where that is still connected. */
  openFromAll(head: RunHead, find?: Found): void {
    if (this.runs.unfinished.has(head.id) && this.apps.get(head.appId)) return this.lookAt(head.appId, head.id);
    this.page = this.apps.get(head.appId)
      ? { kind: 'app', appId: head.appId, tab: 'history', runId: head.id, fromAllRuns: true, find }
      : { kind: 'runs', runId: head.id, find };
  }

  /** Two runs beside each other: under their app, where they have the same and it is still connected. */
  compare(left: Pick<RunHead, 'id' | 'appId'>, right: Pick<RunHead, 'id' | 'appId'>): void {
    const { page } = this;
    const compare: Pairing = { left: left.id, right: right.id, from: ('compare' in page && page.compare?.from) || page };
    const { appId } = left;
    this.page = appId === right.appId && this.apps.get(appId) ? { kind: 'app', appId, tab: 'history', runId: null, fromAllRuns: false, compare } : { kind: 'runs', runId: null, compare };
  }

  /** Leads back to where two runs were asked to be compared; what it was asked with takes the focus. */
  endCompare(): void {
    const { page } = this;
    const from = 'compare' in page ? page.compare?.from : undefined;
    if (!from) return;
    if ('runId' in from) this.comparedFrom = from.runId;
    this.page = from.kind === 'app' && !this.apps.get(from.appId) ? { kind: 'runs', runId: null } : from;
  }

  /** A run was started from an app's form: it is shown, unless the user has gone elsewhere since Run was pressed. */
  started(appId: AppId, runId: RunId, pressedAt: RunId | undefined): void {
    const { page } = this;
    const isHere = page.kind === 'app' && page.appId === appId && page.tab === 'run' && this.current.get(appId) === pressedAt;
    if (isHere) {
      this.startedHere = runId;
      this.showRun(appId, runId);
    } else if (this.current.get(appId) === pressedAt) {
      // It waits on the Run tab; opening it may take its time.
      this.formOpen.set(appId, false);
      this.current.set(appId, runId);
      this.runs.open(runId).catch((thrown: unknown) => this.tell(thrown, runId));
    }
  }

  /** Puts a run on the Run tab of its app and folds the form away. */
  showRun(appId: AppId, runId: RunId): void {
    this.formOpen.set(appId, false);
    this.lookAt(appId, runId);
  }

  /** Puts a run on the Run tab of its app; the others of the app go on, and a form beside it stays. */
  lookAt(appId: AppId, runId: RunId): void {
    const before = this.current.get(appId);
    if (before && before !== runId) this.runs.release(before);
    this.current.set(appId, runId);
    if (!this.runs.get(runId)) {
      this.runs.open(runId).catch((thrown: unknown) => {
        if (this.current.get(appId) === runId) this.current.delete(appId);
        this.tell(thrown, runId);
      });
    }
    this.openApp(appId);
  }

  /** The form of an app alone, to start another run; the one that was shown goes on. */
  newRun(appId: AppId): void {
    this.clearCurrent(appId);
    this.openApp(appId);
  }

  private clearCurrent(appId: AppId): void {
    const before = this.current.get(appId);
    this.current.delete(appId);
    if (before) this.runs.release(before);
  }

  isOnScreen(head: Pick<RunHead, 'id' | 'appId'>): boolean {
    const { page } = this;
    if ('compare' in page && page.compare) return page.compare.left === head.id || page.compare.right === head.id;
    if (page.kind === 'runs') return page.runId === head.id;
    if (page.kind !== 'app' || page.appId !== head.appId) return false;
    return page.tab === 'run' ? this.current.get(head.appId) === head.id : page.runId === head.id;
  }

  /** Leads back to a run that is listened to: to where it stands, or to the history. */
  backToRun(runId: RunId, appId: AppId): void {
    if (!this.apps.get(appId)) this.page = { kind: 'runs', runId };
    else if (this.current.get(appId) === runId) this.lookAt(appId, runId);
    else this.openHistory(appId, runId);
  }

  /** Leads to the run a message was about; to the list where it was about several. */
  private showNews(heads: RunHead[]): void {
    const [head] = heads;
    if (!head) return;
    if (heads.length > 1) this.page = { kind: 'runs', runId: null };
    else if (this.apps.get(head.appId)) this.lookAt(head.appId, head.id);
    else this.openFromAll(head);
  }

  /** From a notification: the run it told of, or all runs where it told of several. */
  async openRun(runId: RunId | null): Promise<void> {
    if (runId === null) {
      this.page = { kind: 'runs', runId };
      return;
    }
    await this.runs.open(runId);
    const appId = this.runs.get(runId)?.run.head.appId;
    if (appId && this.apps.get(appId)) this.lookAt(appId, runId);
    else this.page = { kind: 'runs', runId };
  }

  /** A run came as a file: it is opened, and said where it is. */
  brought(unpacked: Unpacked): void {
    this.toasts.say(unpacked.known ? words.now.out.known : words.now.out.opened);
    this.apps.loadFaces().catch(() => undefined);
    if (this.apps.get(unpacked.appId)) this.openHistory(unpacked.appId, unpacked.runId);
    else this.page = { kind: 'runs', runId: unpacked.runId };
  }

  /** What became of a file that was let go over the window, or that the system asked to open. */
  broughtBy(outcome: UnpackOutcome): void {
    if (outcome.outcome === 'opened') return this.brought(outcome.unpacked);
    const { name, failure } = outcome;
    // Documents are opened with a program, too, and mean no run.
    if (failure.code === 'run_file_invalid' && !isRunFile(name)) this.toasts.refuse(words.now.out.noRunFile(name));
    else this.tellOf(words.now.out.notOpened(name), failure);
  }

  /** Files that the program was started with, or another start of it. */
  async takeHanded(): Promise<void> {
    try {
      for (const outcome of await this.backend.runsHanded()) this.broughtBy(outcome);
    } catch (thrown) {
      this.tell(thrown);
    }
  }

  tellOf(what: string, failure: Failure): void {
    this.toasts.fail(failure, [what, failureWords(failure, words.now).text].join(words.now.betweenSentences), failureDetails(failure));
  }

  /** After removing an app, or when it vanished: go to what is left. */
  forget(appId: AppId): void {
    this.apps.drop(appId);
    this.logs.forget(appId);
    this.lists.forget(appId);
    this.forms.get(appId)?.end();
    this.forms.delete(appId);
    this.current.delete(appId);
    this.underway.forget(appId);
    this.looks.forgetApp(appId);
    if (this.renaming === appId) this.renaming = null;
    if ((this.page.kind === 'app' && this.page.appId === appId) || (this.page.kind === 'connect' && this.page.replaceKeyOf === appId)) {
      const first = this.apps.list[0];
      if (first) this.openApp(first.id);
      else this.page = { kind: 'start' };
    }
  }

  /** A failure that no view shows in place; taken back once the run or the app that it is about has mended itself. */
  tell(thrown: unknown, about?: RunId | AppId): void {
    const failure = asFailure(thrown);
    const { title, text } = failureWords(failure, words.now);
    this.toasts.fail(failure, [`${title}${words.now.fullStop}`, text].join(words.now.betweenSentences), failureDetails(failure), about);
  }
}

export const [getDesk, setDesk] = createContext<Desk>();
