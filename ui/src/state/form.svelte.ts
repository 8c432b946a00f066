/** The form of one app as the user fills it in. What is right or wrong is Rust's word (`formCheck`). */
import { SvelteSet } from 'svelte/reactivity';
import type { Backend, Entries } from '../ipc/backend';
import { asFailure } from '../ipc/errors';
import { changedLabels } from '../form/changes';
import { isUnderMore } from '../form/fields';
import type { Filling } from '../form/filling';
import type { App } from '../ipc/gen/App';
import type { AppId } from '../ipc/gen/AppId';
import type { Entry } from '../ipc/gen/Entry';
import type { Failure } from '../ipc/gen/Failure';
import type { Field } from '../ipc/gen/Field';
import type { FileEntry } from '../ipc/gen/FileEntry';
import type { Problem } from '../ipc/gen/Problem';
import type { RunId } from '../ipc/gen/RunId';
import type { StagedFile } from '../ipc/gen/StagedFile';
import type { StagedId } from '../ipc/gen/StagedId';
import type { Files } from './files.svelte';

/** Between a keystroke in a field with an error and asking again. */
const recheckAfter = 180;

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
  /** Run was pressed while files were on their way. */
  queued = $state(false);
  moreOpen = $state(false);
  /** The form is new since the user looked: labels of new fields, or empty when only something else changed. */
  changed = $state.raw<string[] | null>(null);

  readonly appId: AppId;
  private readonly touched = new SvelteSet<string>();
  private pressed = false;
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly backend: Backend,
    private readonly files: Files,
    app: App,
  ) {
    this.appId = app.id;
    this.fields = app.form.fields;
  }

  /** The app was republished: entries that still fit stay. */
  adopt(fields: Field[]): void {
    const labels = changedLabels(this.fields, fields);
    if (labels === null) return;
    this.fields = fields;
    if (Object.keys(this.entries).length > 0) this.changed = labels;
    this.problems = this.problems.filter((problem) => fields.some((field) => field.variable === problem.variable));
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
    this.failure = null;
    this.queued = false;
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

  /** Starts a run; null when there is something to fix first. */
  async run(): Promise<RunId | null> {
    if (this.starting) return null;
    this.pressed = true;
    this.failure = null;
    this.starting = true;
    try {
      await this.check();
      if (this.problems.length > 0 || this.failedUploads > 0) return null;
      if (this.uploading > 0) {
        this.queued = true;
        return null;
      }
      const id = await this.backend.runStart(this.appId, this.entries);
      this.pressed = false;
      this.touched.clear();
      this.changed = null;
      return id;
    } catch (thrown) {
      const failure = asFailure(thrown);
      if (failure.code === 'form_invalid' && failure.problems.length > 0) this.show(failure.problems);
      else this.failure = failure;
      return null;
    } finally {
      this.starting = false;
    }
  }

  /** Empties the form; the result puts everything back. */
  clear(): () => void {
    const { entries, problems } = this;
    this.fill({});
    return () => {
      this.entries = entries;
      this.problems = problems;
    };
  }

  fill(entries: Entries): void {
    this.entries = entries;
    this.problems = [];
    this.failure = null;
    this.queued = false;
    this.pressed = false;
    this.touched.clear();
  }
}
