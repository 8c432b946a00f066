/** The form of one app as the user fills it in. What is right or wrong is Rust's word (`formCheck`). */
import { SvelteSet } from 'svelte/reactivity';
import type { Backend, Entries } from '../ipc/backend';
import { asFailure } from '../ipc/errors';
import { isUnderMore } from '../form/fields';
import type { Filling } from '../form/filling';
import type { App } from '../ipc/gen/App';
import type { AppId } from '../ipc/gen/AppId';
import type { Entry } from '../ipc/gen/Entry';
import type { Failure } from '../ipc/gen/Failure';
import type { Field } from '../ipc/gen/Field';
import type { FileEntry } from '../ipc/gen/FileEntry';
import type { Filled } from '../ipc/gen/Filled';
import type { Form } from '../ipc/gen/Form';
import type { FormChanges } from '../ipc/gen/FormChanges';
import type { Problem } from '../ipc/gen/Problem';
import type { RunId } from '../ipc/gen/RunId';
import type { SetAside } from '../ipc/gen/SetAside';
import type { StagedFile } from '../ipc/gen/StagedFile';
import type { StagedId } from '../ipc/gen/StagedId';
import { DraftKeeper } from './draft';
import type { Files } from './files.svelte';
import { Presets } from './presets.svelte';

/** Between a keystroke in a field with an error and asking again. */
const recheckAfter = 180;

const nothing: FormChanges = { fields: [], aside: [] };

export class FormState implements Filling {
  readonly prefix = 'field';
  /** A variable that is missing is untouched: Rust then uses the field's default. */
  entries = $state.raw<Entries>({});
  fields = $state.raw<Field[]>([]);
  /** What is shown at the fields. */
  problems = $state.raw<Problem[]>([]);
  /** Why a run could not be started, other than by a field. */
  failure = $state.raw<Failure | null>(null);
  starting = $state(false);
  /** What is being started is to be stopped. */
  stopping = $state(false);
  moreOpen = $state(false);
  /** What changed in the form since it was filled in, until the user has put that away. */
  changes = $state.raw<FormChanges>(nothing);

  readonly appId: AppId;
  readonly presets: Presets;
  /** Resolves once what was left here earlier is back. */
  readonly recalled: Promise<void>;
  private readonly limits: Form['limits'];
  private readonly draft: DraftKeeper;
  /** Filled or emptied as a whole: an earlier draft has nothing to add. */
  private replaced = false;
  private refitting = Promise.resolve();
  private readonly touched = new SvelteSet<string>();
  private pressed = false;
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly backend: Backend,
    private readonly files: Files,
    app: App,
    tell: (thrown: unknown) => void = () => undefined,
  ) {
    this.appId = app.id;
    this.fields = app.form.fields;
    this.limits = app.form.limits;
    this.presets = new Presets(backend, app.id);
    this.draft = new DraftKeeper(backend, app.id, () => ({ entries: this.entries, form: this.form, changes: this.changes }), tell);
    this.recalled = this.recall(tell);
  }

  get form(): Form {
    return { fields: this.fields, limits: this.limits };
  }

  get hasChanged(): boolean {
    return this.changes.fields.length > 0 || this.changes.aside.length > 0;
  }

  /** Brings back what was left here; what was typed before it came stays. */
  private async recall(tell: (thrown: unknown) => void): Promise<void> {
    try {
      const draft = await this.backend.draftRead(this.appId);
      if (draft && !this.replaced) {
        for (const file of draft.files) this.files.found(file);
        this.entries = { ...draft.entries, ...this.entries };
        this.changes = draft.changes;
      }
      this.draft.begin(draft?.revision ?? 0);
    } catch (thrown) {
      tell(thrown);
      // Whatever stands there cannot be read: what is entered from now on is newer than any of it.
      this.draft.begin(Math.floor(Date.now() / 1000));
    }
  }

  /** Writes down what is not yet: the window may be about to go. */
  save(): void {
    void this.draft.flush();
  }

  /** The app is gone; so is its draft. */
  end(): void {
    this.draft.end();
  }

  /** The app was republished: entries that still fit stay. */
  adopt(fields: Field[]): void {
    this.refitting = this.refitting.then(() => this.recalled).then(() => this.refit(fields));
  }

  private async refit(fields: Field[]): Promise<void> {
    if (JSON.stringify(this.fields) === JSON.stringify(fields)) return;
    const asked = this.entries;
    try {
      const fitted = await this.backend.formRefit(this.form, { fields, limits: this.limits }, asked, this.changes);
      const typed = Object.entries(this.entries).filter(([variable, entry]) => entry !== asked[variable]);
      this.entries = { ...fitted.entries, ...Object.fromEntries(typed) };
      // To a form that nobody has filled in yet, nothing has changed.
      if (Object.keys(asked).length > 0 || this.hasChanged) this.changes = fitted.changes;
    } catch (thrown) {
      this.failure = asFailure(thrown);
    }
    this.fields = fields;
    this.problems = this.problems.filter((problem) => fields.some((field) => field.variable === problem.variable));
    this.draft.touch();
  }

  /** What changed has been read; what was set aside goes with it. */
  putAway(): void {
    this.changes = nothing;
    this.draft.touch();
  }

  /** Puts what was set aside into its field all the same, to be mended there. */
  putIn(aside: SetAside): void {
    this.changes = { ...this.changes, aside: this.changes.aside.filter((other) => other !== aside) };
    this.touched.add(aside.variable);
    this.change(aside.variable, aside.entry);
    void this.check();
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
    // The server's refusal was about the old entry; only a new run can tell about the new one.
    this.problems = this.problems.filter((problem) => problem.variable !== variable || problem.server === null);
    if (this.problems.some((problem) => problem.variable === variable)) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.check(), recheckAfter);
    }
  }

  /** The user has left a field. */
  leave(variable: string): void {
    this.touched.add(variable);
    void this.check();
  }

  choose(variable: string, title: string, filterName: string, anyName: string): Promise<StagedFile[]> {
    return this.backend.fileChoose(this.appId, variable, title, filterName, anyName);
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
    await this.check();
  }

  /** Files that came back and were not sent yet. */
  private sendWaiting(): void {
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
      return (state === 'uploading' || state === 'ready') && !this.files.failures.has(id);
    }).length;
  }

  get failedUploads(): number {
    return this.staged.filter((id) => this.files.failures.has(id)).length;
  }

  /** Asks Rust and shows what concerns the fields the user has been at; all of them once Run was pressed. */
  async check(): Promise<Problem[]> {
    clearTimeout(this.timer);
    const asked = ++this.asked;
    let all: Problem[];
    try {
      all = await this.backend.formCheck(this.appId, this.entries);
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

  private show(problems: Problem[]): void {
    // The row of a file says itself how far its upload is.
    this.problems = problems.filter((problem) => problem.issue.code !== 'file_not_uploaded');
    const wrong = new Set(this.problems.map((problem) => problem.variable));
    if (this.fields.some((field) => isUnderMore(field) && wrong.has(field.variable))) this.moreOpen = true;
  }

  /** Breaks off what Run began, wherever it is. */
  stopStarting(): void {
    this.stopping = true;
    this.backend.runStopStarting(this.appId).catch((thrown: unknown) => (this.failure = asFailure(thrown)));
  }

  /** Starts a run; null when there is something to fix first, or it was stopped. */
  async run(): Promise<RunId | null> {
    if (this.starting) return null;
    this.pressed = true;
    this.failure = null;
    this.starting = true;
    try {
      await this.check();
      if (this.problems.length > 0 || this.failedUploads > 0) return null;
      // Rust waits for them: leaving this page breaks nothing off.
      this.sendWaiting();
      const id = await this.backend.runStart(this.appId, this.entries);
      this.pressed = false;
      this.touched.clear();
      // What was set aside is still not anywhere else.
      this.changes = { fields: [], aside: this.changes.aside };
      this.draft.touch();
      return id;
    } catch (thrown) {
      const failure = asFailure(thrown);
      if (failure.code === 'form_invalid' && failure.problems.length > 0) this.show(failure.problems);
      // What was broken off here needs no words, and a file's own failure stands in its row.
      else if (failure.code !== 'cancelled' && this.failedUploads === 0) this.failure = failure;
      return null;
    } finally {
      this.starting = this.stopping = false;
    }
  }

  /** Empties the form; the result puts everything back. */
  clear(): () => void {
    const undo = this.replace({}, nothing);
    this.presets.current = null;
    return undo;
  }

  /** Fills the form with what was kept; the result puts back what stood there. */
  fill({ entries, changes, files }: Filled): () => void {
    for (const file of files) this.files.found(file);
    const undo = this.replace(entries, changes);
    this.sendWaiting();
    return undo;
  }

  private replace(entries: Entries, changes: FormChanges): () => void {
    const { entries: before, problems, changes: told } = this;
    this.replaced = true;
    this.entries = entries;
    this.changes = changes;
    this.problems = [];
    this.failure = null;
    this.pressed = false;
    this.touched.clear();
    this.draft.touch();
    return () => {
      this.entries = before;
      this.problems = problems;
      this.changes = told;
      this.draft.touch();
    };
  }
}
