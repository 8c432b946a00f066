/**
 * What is filled in, whatever it is: the form of an app, or the answer to a question. Entries, files on their way, what
 * is wrong, and the draft. What is right or wrong is Rust's word.
 */
import { SvelteSet } from 'svelte/reactivity';
import type { Backend, Entries } from '../ipc/backend';
import { asFailure } from '../ipc/errors';
import type { Filling } from '../form/filling';
import type { AppId } from '../ipc/gen/AppId';
import type { Entry } from '../ipc/gen/Entry';
import type { Failure } from '../ipc/gen/Failure';
import type { Field } from '../ipc/gen/Field';
import type { FileEntry } from '../ipc/gen/FileEntry';
import type { Filled } from '../ipc/gen/Filled';
import type { Problem } from '../ipc/gen/Problem';
import type { StagedFile } from '../ipc/gen/StagedFile';
import type { StagedId } from '../ipc/gen/StagedId';
import { DraftKeeper } from './draft.svelte';
import type { Files } from './files.svelte';

/** Between a keystroke in a field with an error, or the end of an upload, and asking again. */
const recheckAfter = 180;

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
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private rechecking: Promise<unknown> | null = null;

  constructor(
    protected readonly backend: Backend,
    protected readonly files: Files,
    readonly appId: AppId,
  ) {}

  abstract readonly prefix: string;
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
    for (const file of added) this.files.put(file);
    const entries = added.map((file): FileEntry => ({ kind: 'staged', value: file.id }));
    this.putFiles(field, field.control.type === 'file' ? entries.slice(-1) : [...this.filesOf(field.variable), ...entries]);
    const problems = await this.check();
    const now = this.filesOf(field.variable);
    for (const file of added) {
      const index = now.findIndex((entry) => entry.kind === 'staged' && entry.value === file.id);
      const hopeless = problems.some(
        (problem) => problem.variable === field.variable && problem.fileIndex === index && problem.issue.code !== 'file_not_uploaded',
      );
      if (index >= 0 && !hopeless && file.state.state === 'ready') void this.upload(file.id);
    }
  }

  addLink(field: Field, link: string): void {
    const entry: FileEntry = { kind: 'link', value: link.trim() };
    this.putFiles(field, field.control.type === 'file' ? [entry] : [...this.filesOf(field.variable), entry]);
    void this.check();
  }

  removeFile(field: Field, index: number): void {
    const entry = this.filesOf(field.variable)[index];
    this.putFiles(field, this.filesOf(field.variable).filter((_, at) => at !== index));
    if (entry?.kind === 'staged') this.files.forget(entry.value);
    void this.check();
  }

  private putFiles(field: Field, value: FileEntry[]): void {
    this.touched.add(field.variable);
    this.change(field.variable, { kind: 'files', value });
  }

  async upload(id: StagedId): Promise<void> {
    await this.files.upload(this.appId, id);
    await this.recheck();
  }

  /** Of many files some end at about the same time: to ask once is enough for them. */
  private recheck(): Promise<unknown> {
    return (this.rechecking ??= new Promise((resolve) => setTimeout(resolve, recheckAfter)).then(() => {
      this.rechecking = null;
      return this.check();
    }));
  }

  /** Files that came back and were not sent yet. */
  protected sendWaiting(): void {
    for (const id of this.staged) {
      if (this.files.byId.get(id)?.state.state === 'ready' && !this.files.busy.has(id) && !this.files.failures.has(id)) void this.upload(id);
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
    clearTimeout(this.timer);
    const asked = ++this.asked;
    let all: Problem[];
    try {
      all = await this.ask();
    } catch (thrown) {
      this.failure = asFailure(thrown);
      return this.problems;
    }
    // An answer about entries that have changed since says nothing any more.
    if (asked !== this.asked) return all;
    const ofServer = this.problems.filter((problem) => problem.server !== null);
    this.show([...all.filter((problem) => this.pressed || this.touched.has(problem.variable)), ...ofServer]);
    return all;
  }

  protected show(problems: Problem[]): void {
    // The row of a file says itself how far its upload is.
    this.problems = problems.filter((problem) => problem.issue.code !== 'file_not_uploaded');
  }

  /** Does it once nothing is left to fix; null where something is, or it failed, which is then shown. */
  protected async attempt<T>(send: () => Promise<T>): Promise<T | null> {
    this.pressed = true;
    this.failure = null;
    try {
      await this.check();
      if (this.problems.length > 0 || this.failedUploads > 0) return null;
      // Rust waits for them: leaving this page breaks nothing off.
      this.sendWaiting();
      return await send();
    } catch (thrown) {
      const failure = asFailure(thrown);
      if (failure.code === 'form_invalid' && failure.problems.length > 0) this.show(failure.problems);
      // What was broken off here needs no words, and a file's own failure stands in its row.
      else if (failure.code !== 'cancelled' && this.failedUploads === 0) this.failure = failure;
      return null;
    }
  }
}
