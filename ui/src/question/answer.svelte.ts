/** The answer to one question as the user fills it in; it outlives the page that shows it. What fits is Rust's word. */
import { SvelteSet } from 'svelte/reactivity';
import type { Backend, Entries } from '../ipc/backend';
import { asFailure } from '../ipc/errors';
import type { AppId } from '../ipc/gen/AppId';
import type { Entry } from '../ipc/gen/Entry';
import type { Failure } from '../ipc/gen/Failure';
import type { Field } from '../ipc/gen/Field';
import type { FileEntry } from '../ipc/gen/FileEntry';
import type { HumanForm } from '../ipc/gen/HumanForm';
import type { Problem } from '../ipc/gen/Problem';
import type { RunId } from '../ipc/gen/RunId';
import type { SizeLimits } from '../ipc/gen/SizeLimits';
import type { StagedFile } from '../ipc/gen/StagedFile';
import type { StagedId } from '../ipc/gen/StagedId';
import type { Filling } from '../form/filling';
import type { Desk } from '../state/desk.svelte';
import type { Files } from '../state/files.svelte';
import { cut } from './slots';

/** Between a keystroke in a field with an error and asking again. */
const recheckAfter = 180;

export class AnswerState implements Filling {
  entries = $state.raw<Entries>({});
  fields = $state.raw<Field[]>([]);
  limits = $state.raw<SizeLimits | null>(null);
  problems = $state.raw<Problem[]>([]);
  /** Why the answer could not be sent, other than by a field. */
  failure = $state.raw<Failure | null>(null);
  /** Why the question could not be read anew. */
  unread = $state.raw<Failure | null>(null);
  reading = $state(false);
  /** The action that is being sent. */
  sending = $state<string | null>(null);
  /** The action that waits for files on their way. */
  queued = $state<string | null>(null);

  readonly prefix: string;
  private readonly touched = new SvelteSet<string>();
  private pressed = false;
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly backend: Backend,
    private readonly files: Files,
    readonly appId: AppId,
    private readonly runId: RunId,
    private readonly place: number,
  ) {
    this.prefix = `answer-${place}`;
  }

  /** The fields, from the local store alone; a label that the text gives is better than a technical name. */
  async load(form: HumanForm): Promise<void> {
    const { fields, limits } = await this.backend.questionForm(this.runId, this.place);
    const labels = new Map(cut(form.content, form.inputs.map((input) => input.name)).flatMap((piece) => (piece.kind === 'input' && piece.label ? [[piece.name, piece.label]] : [])));
    this.fields = fields.map((field) => ({ ...field, label: labels.get(field.variable) ?? field.label }));
    this.limits = limits;
  }

  /** Asks the server for the question as it is now; what changed comes with the run. */
  async read(): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    try {
      await this.backend.questionRead(this.runId, this.place);
      this.unread = null;
    } catch (thrown) {
      this.unread = asFailure(thrown);
    } finally {
      this.reading = false;
    }
  }

  text(field: Field): string {
    const entry = this.entries[field.variable];
    if (entry?.kind === 'text') return entry.value;
    return 'default' in field.control && typeof field.control.default === 'string' ? field.control.default : '';
  }

  flag(field: Field): boolean {
    const entry = this.entries[field.variable];
    return entry?.kind === 'flag' && entry.value;
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
    this.queued = null;
    if (this.problemsOf(variable).length > 0) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.check(), recheckAfter);
    }
  }

  leave(variable: string): void {
    this.touched.add(variable);
    void this.check();
  }

  choose(variable: string, title: string, filterName: string, anyName: string): Promise<StagedFile[]> {
    return this.backend.questionChoose(this.runId, this.place, variable, title, filterName, anyName);
  }

  async addFiles(field: Field, added: StagedFile[]): Promise<void> {
    for (const file of added) this.files.put(file);
    const entries = added.map((file): FileEntry => ({ kind: 'staged', value: file.id }));
    this.putFiles(field, field.control.type === 'file' ? entries.slice(-1) : [...this.filesOf(field.variable), ...entries]);
    const problems = await this.check();
    const now = this.filesOf(field.variable);
    for (const file of added) {
      const index = now.findIndex((entry) => entry.kind === 'staged' && entry.value === file.id);
      const hopeless = problems.some((problem) => problem.variable === field.variable && problem.fileIndex === index && problem.issue.code !== 'file_not_uploaded');
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
    const files = Object.values(this.entries).flatMap((entry) => (entry.kind === 'files' ? entry.value : []));
    return files.flatMap((file) => (file.kind === 'staged' ? [file.value] : []));
  }

  get uploading(): number {
    return this.staged.filter((id) => {
      const state = this.files.byId.get(id)?.state.state;
      return (state === 'uploading' || state === 'ready') && !this.files.failures.has(id);
    }).length;
  }

  get failedUploads(): number {
    return this.staged.filter((id) => this.files.failures.has(id)).length;
  }

  /** Asks Rust, and shows what concerns the fields the user has been at; all of them once a button was pressed. */
  private async check(): Promise<Problem[]> {
    clearTimeout(this.timer);
    const asked = ++this.asked;
    let all: Problem[];
    try {
      all = await this.backend.questionCheck(this.runId, this.place, this.entries);
    } catch (thrown) {
      this.failure = asFailure(thrown);
      return this.problems;
    }
    if (asked === this.asked) this.show(all.filter((problem) => this.pressed || this.touched.has(problem.variable)));
    return all;
  }

  private show(problems: Problem[]): void {
    // The row of a file says itself how far its upload is.
    this.problems = problems.filter((problem) => problem.issue.code !== 'file_not_uploaded');
  }

  /** Sends the answer; false when there is something to do first. */
  async send(action: string): Promise<boolean> {
    if (this.sending !== null) return false;
    this.pressed = true;
    this.failure = null;
    this.sending = action;
    try {
      await this.check();
      if (this.problems.length > 0 || this.failedUploads > 0) return false;
      if (this.uploading > 0) {
        this.queued = action;
        return false;
      }
      await this.backend.questionAnswer(this.runId, this.place, this.entries, action);
      return true;
    } catch (thrown) {
      const failure = asFailure(thrown);
      if (failure.code === 'form_invalid' && failure.problems.length > 0) this.show(failure.problems);
      else this.failure = failure;
      return false;
    } finally {
      this.sending = null;
    }
  }
}

const answers = new WeakMap<Desk, Map<string, AnswerState>>();

/** What was entered survives leaving the page. */
export function answerOf(desk: Desk, appId: AppId, runId: RunId, place: number): AnswerState {
  let known = answers.get(desk);
  if (!known) answers.set(desk, (known = new Map()));
  const key = `${runId}/${place}`;
  let answer = known.get(key);
  if (!answer) {
    answer = new AnswerState(desk.backend, desk.files, appId, runId, place);
    known.set(key, answer);
  }
  return answer;
}

/** Once a question is settled, nothing of its answer is needed any more. */
export function forgetAnswer(desk: Desk, runId: RunId, place: number): void {
  answers.get(desk)?.delete(`${runId}/${place}`);
}
