/**
 * What is filled in, whatever it is: the form of an app, or the answer to a question. Entries, files on their way, what
 * is wrong, and the draft. What is right or wrong is Rust's word.
 */
import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import type { Backend, Entries } from '../ipc/backend';
import { asFailure } from '../ipc/errors';
import { firstFor, maxOf } from '../form/drop';
import type { Filling } from '../form/filling';
import type { AppId } from '../ipc/gen/AppId';
import type { Entry } from '../ipc/gen/Entry';
import type { Failure } from '../ipc/gen/Failure';
import type { Field } from '../ipc/gen/Field';
import type { FileEntry } from '../ipc/gen/FileEntry';
import type { Filled } from '../ipc/gen/Filled';
import type { Issue } from '../ipc/gen/Issue';
import type { Problem } from '../ipc/gen/Problem';
import type { StagedFile } from '../ipc/gen/StagedFile';
import type { StagedId } from '../ipc/gen/StagedId';
import type { WhyNotFetched } from '../ipc/gen/WhyNotFetched';
import { DraftKeeper } from './draft.svelte';
import type { Files } from './files.svelte';

/** Between a keystroke in a field with an error, or news of a file, and asking again. */
const recheckAfter = 180;
/** Files that are looked at in one go. */
const step = 50;

/** On their way, or about to be. */
const underWay = new Set<StagedFile['state']['state']>(['ready', 'queued', 'uploading', 'interrupted']);

export abstract class FillingState implements Filling {
  /** A variable that is missing is untouched: Rust then uses the field's default. */
  entries = $state.raw<Entries>({});
  fields = $state.raw<Field[]>([]);
  /** What is shown at the fields. */
  problems = $state.raw<Problem[]>([]);
  /** Why it could not be sent, other than by a field. */
  failure = $state.raw<Failure | null>(null);

  readonly draft = new DraftKeeper((revision) => this.saveDraft(revision));
  protected readonly touched = new SvelteSet<string>();
  protected pressed = false;
  /** Filled or emptied as a whole: an earlier draft has nothing to add. */
  protected replaced = false;
  /** Warnings that the user has decided about, told by what is warned of and the file. */
  private readonly accepted = new SvelteSet<string>();
  /** Links that are being fetched to this computer. */
  readonly fetching = new SvelteSet<string>();
  /** Why links could not be fetched. */
  readonly unfetched = new SvelteMap<string, WhyNotFetched>();
  private rechecking = false;
  private changedSince = false;
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    protected readonly backend: Backend,
    protected readonly files: Files,
    readonly appId: AppId,
  ) {
    this.files.news.add(this.heard);
  }

  /** Something was found out about a file. */
  private readonly heard = (id: StagedId): void => {
    if (this.staged.includes(id)) void this.recheck();
  };

  /** Nothing is asked about it any more. */
  end(): void {
    this.files.news.delete(this.heard);
    this.draft.end();
  }

  abstract readonly prefix: string;
  abstract fits(variable: string, ids: StagedId[]): Promise<(Issue | null)[]>;
  abstract choose(variable: string, title: string, filterName: string, anyName: string): Promise<StagedFile[]>;
  protected abstract ask(): Promise<Problem[]>;
  protected abstract readDraft(): Promise<Filled | null>;
  protected abstract saveDraft(revision: number): Promise<void>;

  /** Brings back what was left here; what was typed before it came stays. */
  protected async recall(tell: (thrown: unknown) => void): Promise<void> {
    try {
      const draft = await this.readDraft();
      if (draft && !this.replaced) this.takeBack(draft);
      this.draft.begin(draft?.revision ?? 0);
    } catch (thrown) {
      tell(thrown);
      // Whatever stands there cannot be read: what is entered from now on is newer than any of it.
      this.draft.begin(Math.floor(Date.now() / 1000));
    }
  }

  protected takeBack(draft: Filled): void {
    for (const file of draft.files) this.files.found(file);
    this.entries = { ...draft.entries, ...this.entries };
  }

  text(field: Field): string {
    const entry = this.entries[field.variable];
    if (entry?.kind === 'text') return entry.value;
    return 'default' in field.control && typeof field.control.default === 'string' ? field.control.default : '';
  }

  flag(field: Field): boolean {
    const entry = this.entries[field.variable];
    if (entry?.kind === 'flag') return entry.value;
    return field.control.type === 'checkbox' && field.control.default;
  }

  filesOf(variable: string): FileEntry[] {
    const entry = this.entries[variable];
    return entry?.kind === 'files' ? entry.value : [];
  }

  problemsOf(variable: string): Problem[] {
    return this.problems.filter((problem) => problem.variable === variable);
  }

  change(variable: string, entry: Entry): void {
    this.entries = { ...this.entries, [variable]: entry };
    this.draft.touch();
    this.failure = null;
    // The server's refusal was about the old entry; only sending can tell about the new one.
    this.problems = this.problems.filter((problem) => problem.variable !== variable || problem.server === null);
    if (this.problemsOf(variable).length > 0) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.check(), recheckAfter);
    }
  }

  /** The user has left a field. */
  leave(variable: string): void {
    this.touched.add(variable);
    void this.check();
  }

  async addFiles(field: Field, added: StagedFile[]): Promise<void> {
    const single = field.control.type === 'file';
    const taken = single ? [firstFor(field, added)].filter((file) => file !== undefined) : added;
    if (single) {
      for (const file of added) if (!taken.includes(file)) this.files.forget(file.id);
      if (taken.length > 0) for (const entry of this.filesOf(field.variable)) if (entry.kind === 'staged') this.files.forget(entry.value);
    }
    for (const file of taken) {
      this.files.put(file);
      this.files.busy.add(file.id);
    }
    const entries = taken.map((file): FileEntry => ({ kind: 'staged', value: file.id }));
    this.putFiles(field, field.control.type === 'file' ? entries : [...this.filesOf(field.variable), ...entries]);
    await this.look(taken.map((file) => file.id));
    await this.sendFitting([field]);
  }

  /** Another file takes the place of one. */
  async replaceFile(field: Field, index: number, file: StagedFile): Promise<void> {
    const before = this.filesOf(field.variable)[index];
    this.files.put(file);
    this.files.busy.add(file.id);
    this.putFiles(field, this.filesOf(field.variable).map((entry, at): FileEntry => (at === index ? { kind: 'staged', value: file.id } : entry)));
    if (before?.kind === 'staged') this.files.forget(before.value);
    await this.look([file.id]);
    await this.sendFitting([field]);
  }

  /** Removes several at once; the result puts them back. */
  removeFiles(places: { field: Field; index: number }[]): () => void {
    const removed = new Map<Field, { index: number; entry: FileEntry }[]>();
    for (const { field, index } of [...places].sort((one, other) => one.index - other.index)) {
      const entry = this.filesOf(field.variable)[index];
      if (entry) removed.set(field, [...(removed.get(field) ?? []), { index, entry }]);
    }
    const fields = [...removed.keys()];
    const ids = [...removed.values()].flat().flatMap(({ entry }) => (entry.kind === 'staged' ? [entry.value] : []));
    this.files.park(ids);
    for (const field of fields) {
      const gone = new Set(removed.get(field)?.map(({ index }) => index));
      this.putFiles(field, this.filesOf(field.variable).filter((_, at) => !gone.has(at)));
    }
    // What was one too many may fit now.
    void this.sendFitting(fields);
    return () => {
      this.files.unpark(ids);
      // What was added meanwhile stays.
      for (const [field, entries] of removed) {
        const now = [...this.filesOf(field.variable)];
        for (const { index, entry } of entries) now.splice(Math.min(index, now.length), 0, entry);
        this.putFiles(field, now);
      }
      void this.sendFitting(fields);
    };
  }

  lookAgain(): void {
    if (this.staged.length > 0) void this.check();
  }

  /** Sends them all the same. */
  accept(code: 'file_locked' | 'file_twice', places: { field: Field; index: number }[]): void {
    for (const { field, index } of places) {
      const entry = this.filesOf(field.variable)[index];
      if (entry?.kind === 'staged') this.accepted.add(`${code} ${entry.value}`);
    }
    this.show(this.problems);
  }

  private isAccepted({ issue, warning, variable, fileIndex }: Problem): boolean {
    const entry = warning && fileIndex !== null ? this.filesOf(variable)[fileIndex] : undefined;
    return entry?.kind === 'staged' && this.accepted.has(`${issue.code} ${entry.value}`);
  }

  /** The list stands; what each file is, is found out behind it, in steps, so that the first can be sent early. */
  private async look(ids: StagedId[]): Promise<void> {
    for (let at = 0; at < ids.length; at += step) {
      const some = ids.slice(at, at + step).filter((id) => this.files.byId.has(id));
      try {
        for (const file of await this.backend.fileLook(some)) if (this.files.byId.has(file.id)) this.files.put(file);
      } catch (thrown) {
        this.failure = asFailure(thrown);
      }
      for (const id of ids.slice(at, at + step)) this.files.busy.delete(id);
    }
  }

  /** Sends what can be right: not what is refused anyway, nor what is more than the field takes. */
  private async sendFitting(fields: Field[]): Promise<void> {
    let answer = await this.answer();
    // What was asked about is not what stands there any more: places in it mean other files.
    for (let again = 0; answer && answer.entries !== this.entries && again < 5; again++) answer = await this.answer();
    if (!answer || answer.entries !== this.entries) return;
    for (const field of fields) {
      const all = this.filesOf(field.variable);
      const hopeless = new Set(answer.problems.filter((problem) => problem.variable === field.variable && problem.issue.code !== 'file_not_uploaded').map((problem) => all[problem.fileIndex ?? -1]?.value));
      const waiting = all.slice(0, maxOf(field)).flatMap((entry) => (entry.kind === 'staged' && !hopeless.has(entry.value) && this.waits(entry.value) ? [entry.value] : []));
      if (waiting.length === 0) continue;
      // Of a list that is too long only that is told.
      const issues = all.length > maxOf(field) ? await this.fits(field.variable, waiting) : [];
      waiting.forEach((id, at) => {
        if ((issues[at] ?? null) === null && this.waits(id)) void this.upload(id);
      });
    }
  }

  private waits(id: StagedId): boolean {
    return this.files.byId.get(id)?.state.state === 'ready' && !this.files.busy.has(id) && !this.files.failures.has(id);
  }

  addLinks(field: Field, links: string[]): void {
    const have = this.filesOf(field.variable);
    const known = new Set(have.map((entry) => (entry.kind === 'link' ? entry.value : '')));
    const fresh = [...new Set(links)].filter((link) => !known.has(link));
    const single = field.control.type === 'file';
    const taken = single ? fresh.slice(0, 1) : fresh;
    if (taken.length === 0) return;
    const entries = taken.map((value): FileEntry => ({ kind: 'link', value }));
    if (single) for (const entry of have) if (entry.kind === 'staged') this.files.forget(entry.value);
    this.putFiles(field, single ? entries : [...have, ...entries]);
    const { control } = field;
    const isFiles = control.type === 'file' || control.type === 'file_list';
    if (isFiles && !control.rules.methods.includes('remote_url')) for (const link of taken) void this.fetchLink(field, link);
    void this.check();
  }

  /** The file takes the place of its link, wherever that is by then. */
  async fetchLink(field: Field, link: string): Promise<string | null> {
    if (this.fetching.has(link)) return null;
    this.unfetched.delete(link);
    this.files.received.set(link, 0);
    this.fetching.add(link);
    try {
      const fetched = await this.backend.linkFetch(this.appId, link);
      const now = this.filesOf(field.variable);
      const isThere = now.some((entry) => entry.kind === 'link' && entry.value === link);
      if (fetched.kind === 'not') {
        if (isThere && fetched.why.why !== 'cancelled') this.unfetched.set(link, fetched.why);
        return null;
      }
      if (!isThere) {
        this.files.forget(fetched.file.id);
        return null;
      }
      this.files.put(fetched.file);
      this.putFiles(field, now.map((entry) => (entry.kind === 'link' && entry.value === link ? { kind: 'staged', value: fetched.file.id } : entry)));
      this.problems = this.problems.filter((problem) => problem.variable !== field.variable);
      await this.sendFitting([field]);
      return fetched.file.name;
    } catch (thrown) {
      this.failure = asFailure(thrown);
      return null;
    } finally {
      this.fetching.delete(link);
      this.files.received.delete(link);
    }
  }

  stopFetching(link: string): void {
    this.backend.linkStop(link).catch(() => undefined);
  }

  removeFile(field: Field, index: number): void {
    const entry = this.filesOf(field.variable)[index];
    this.putFiles(field, this.filesOf(field.variable).filter((_, at) => at !== index));
    if (entry?.kind === 'staged') this.files.forget(entry.value);
    else if (entry) this.dropLink(entry.value);
    // What was one too many may fit now.
    void this.sendFitting([field]);
  }

  /** The files stay known: they can come back. */
  removeAll(field: Field): () => void {
    const before = this.filesOf(field.variable);
    for (const entry of before) if (entry.kind === 'link') this.dropLink(entry.value);
    return this.removeFiles(before.map((_, index) => ({ field, index })));
  }

  private dropLink(link: string): void {
    this.unfetched.delete(link);
    if (this.fetching.has(link)) this.stopFetching(link);
  }

  private putFiles(field: Field, value: FileEntry[]): void {
    this.touched.add(field.variable);
    const before = this.filesOf(field.variable);
    this.change(field.variable, { kind: 'files', value });
    // Until Rust has said anew what is wrong, each problem stays with its file.
    const places = new Map(value.map((entry, at) => [`${entry.kind} ${entry.value}`, at]));
    this.problems = this.problems.flatMap((problem) => {
      const { issue } = problem;
      if (issue.code === 'file_twice' && issue.variable === field.variable) return [];
      if (problem.variable !== field.variable || problem.fileIndex === null) return [problem];
      const entry = before[problem.fileIndex];
      const at = entry && places.get(`${entry.kind} ${entry.value}`);
      return at === undefined ? [] : [{ ...problem, fileIndex: at }];
    });
  }

  async upload(id: StagedId): Promise<void> {
    await this.files.upload(this.appId, id);
    await this.recheck();
  }

  /** Asks once more after whoever asks now: many uploads may end at once. */
  private async recheck(): Promise<void> {
    this.changedSince = true;
    if (this.rechecking) return;
    this.rechecking = true;
    try {
      while (this.changedSince) {
        await new Promise((resolve) => setTimeout(resolve, recheckAfter));
        this.changedSince = false;
        await this.check();
      }
    } finally {
      this.rechecking = false;
    }
  }

  /** Files that came back and were not sent yet. */
  protected sendWaiting(): void {
    for (const id of this.staged) {
      if (this.waits(id)) void this.upload(id);
    }
  }

  private get staged(): StagedId[] {
    return Object.values(this.entries)
      .filter((entry) => entry.kind === 'files')
      .flatMap((entry) => entry.value)
      .filter((file) => file.kind === 'staged')
      .map((file) => file.value);
  }

  /** Files on their way, or about to be. */
  get uploading(): number {
    return this.staged.filter((id) => {
      const state = this.files.byId.get(id)?.state.state;
      return state !== undefined && underWay.has(state) && !this.files.failures.has(id);
    }).length;
  }

  get failedUploads(): number {
    return this.staged.filter((id) => this.files.failures.has(id)).length;
  }

  /** Asks Rust and shows what concerns the fields the user has been at; all of them once it was to be sent. */
  async check(): Promise<Problem[]> {
    return (await this.answer())?.problems ?? this.problems;
  }

  /** With the entries that it is about; null where it could not be asked. */
  private async answer(): Promise<{ problems: Problem[]; entries: Entries } | null> {
    clearTimeout(this.timer);
    const asked = ++this.asked;
    const { entries } = this;
    let problems: Problem[];
    try {
      problems = await this.ask();
    } catch (thrown) {
      this.failure = asFailure(thrown);
      return null;
    }
    // An answer about entries that have changed since says nothing any more: they are asked about in turn.
    if (entries !== this.entries) void this.recheck();
    else if (asked === this.asked) this.show([...problems.filter((problem) => this.pressed || this.touched.has(problem.variable)), ...this.ofServer]);
    return { problems, entries };
  }

  private get ofServer(): Problem[] {
    return this.problems.filter((problem) => problem.server !== null);
  }

  protected show(problems: Problem[]): void {
    // The row of a file says itself how far its upload is.
    this.problems = problems.filter((problem) => problem.issue.code !== 'file_not_uploaded' && !this.isAccepted(problem));
  }

  /** Why it was not sent. Where a file that was still on its way is all there is, its row has to say more than that. */
  private tell(problems: Problem[]): void {
    this.show(problems);
    if (this.problems.length === 0) this.problems = problems;
  }

  /** Does it once nothing is left to fix; null where something is, or it failed, which is then shown. `now`: its files are needed for it. */
  protected async attempt<T>(send: () => Promise<T>, now = true): Promise<T | null> {
    this.pressed = true;
    this.failure = null;
    try {
      const answer = await this.answer();
      if (!answer) return null;
      const open = answer.problems.filter((problem) => problem.issue.code !== 'file_not_uploaded' && !this.isAccepted(problem));
      if (open.length > 0 || this.ofServer.length > 0 || (now && this.failedUploads > 0)) {
        this.show([...open, ...this.ofServer]);
        return null;
      }
      // Rust waits for them: leaving this page breaks nothing off.
      if (now) this.sendWaiting();
      return await send();
    } catch (thrown) {
      const failure = asFailure(thrown);
      if (failure.code === 'form_invalid' && failure.problems.length > 0) this.tell(failure.problems);
      // What was broken off here needs no words, and a file's own failure stands in its row.
      else if (failure.code !== 'cancelled' && this.failedUploads === 0) this.failure = failure;
      return null;
    }
  }
}
