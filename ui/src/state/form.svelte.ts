/** The form of one app as the user fills it in. */
import type { Backend, Entries } from '../ipc/backend';
import { asFailure } from '../ipc/errors';
import { isUnderMore } from '../form/fields';
import type { App } from '../ipc/gen/App';
import type { Field } from '../ipc/gen/Field';
import type { Filled } from '../ipc/gen/Filled';
import type { Form } from '../ipc/gen/Form';
import type { FormChanges } from '../ipc/gen/FormChanges';
import type { Issue } from '../ipc/gen/Issue';
import type { Problem } from '../ipc/gen/Problem';
import type { RunHead } from '../ipc/gen/RunHead';
import type { RunId } from '../ipc/gen/RunId';
import type { SetAside } from '../ipc/gen/SetAside';
import type { StagedFile } from '../ipc/gen/StagedFile';
import type { StagedId } from '../ipc/gen/StagedId';
import type { Files } from './files.svelte';
import { FillingState } from './filling.svelte';
import { Presets } from './presets.svelte';

const nothing: FormChanges = { fields: [], aside: [] };

export class FormState extends FillingState {
  readonly prefix = 'field';
  starting = $state(false);
  /** What is being started is to be stopped. */
  stopping = $state(false);
  moreOpen = $state(false);
  /** What changed in the form since it was filled in, until the user has put that away. */
  changes = $state.raw<FormChanges>(nothing);

  readonly presets: Presets;
  /** Resolves once what was left here earlier is back. */
  readonly recalled: Promise<void>;
  private readonly limits: Form['limits'];
  private refitting = Promise.resolve();

  constructor(backend: Backend, files: Files, app: App, tell: (thrown: unknown) => void = () => undefined) {
    super(backend, files, app.id);
    this.fields = app.form.fields;
    this.limits = app.form.limits;
    this.presets = new Presets(backend, app.id);
    this.recalled = this.recall(tell);
  }

  get form(): Form {
    return { fields: this.fields, limits: this.limits };
  }

  get hasChanged(): boolean {
    return this.changes.fields.length > 0 || this.changes.aside.length > 0;
  }

  protected ask(): Promise<Problem[]> {
    return this.backend.formCheck(this.appId, this.entries);
  }

  protected readDraft(): Promise<Filled | null> {
    return this.backend.draftRead(this.appId);
  }

  protected saveDraft(revision: number): Promise<void> {
    return this.backend.draftSave(this.appId, { entries: this.entries, form: this.form, changes: this.changes, revision });
  }

  protected override takeBack(draft: Filled): void {
    super.takeBack(draft);
    this.changes = draft.changes;
  }

  fits(variable: string, ids: StagedId[]): Promise<(Issue | null)[]> {
    return this.backend.fileFits(this.appId, variable, ids);
  }

  choose(variable: string, title: string, filterName: string, anyName: string): Promise<StagedFile[]> {
    return this.backend.fileChoose(this.appId, variable, title, filterName, anyName);
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

  protected override show(problems: Problem[]): void {
    super.show(problems);
    const wrong = new Set(this.problems.map((problem) => problem.variable));
    if (this.fields.some((field) => isUnderMore(field) && wrong.has(field.variable))) this.moreOpen = true;
  }

  /** The newest run that had these inputs; undefined where that cannot be told. */
  async runAlike(): Promise<RunHead | null | undefined> {
    try {
      return await this.backend.runAlike(this.appId, this.entries);
    } catch (thrown) {
      this.failure = asFailure(thrown);
      return undefined;
    }
  }

  /** Breaks off what Run began, wherever it is. */
  stopStarting(): void {
    this.stopping = true;
    this.backend.runStopStarting(this.appId).catch((thrown: unknown) => (this.failure = asFailure(thrown)));
  }

  /** Keeps what is filled in as a run to be sent later; false when there is something to fix first. */
  async keepReady(): Promise<boolean> {
    if (this.starting) return false;
    this.starting = true;
    const id = await this.attempt(() => this.backend.runPrepare(this.appId, this.entries), false);
    this.starting = this.stopping = false;
    if (id === null) return false;
    this.pressed = false;
    this.touched.clear();
    return true;
  }

  /** Starts a run; null when there is something to fix first, or it was stopped. */
  async run(): Promise<RunId | null> {
    if (this.starting) return null;
    this.starting = true;
    const id = await this.attempt(() => this.backend.runStart(this.appId, this.entries));
    // The stop may have come too late for what was being started.
    if (id !== null && this.stopping) await this.backend.runStop(id).catch(() => undefined);
    this.starting = this.stopping = false;
    if (id === null) return null;
    this.pressed = false;
    this.touched.clear();
    // What was set aside is still not anywhere else.
    this.changes = { fields: [], aside: this.changes.aside };
    this.draft.touch();
    return id;
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
