/** The answer to one question as the user fills it in; it outlives the page that shows it. */
import type { Backend } from '../ipc/backend';
import { asFailure } from '../ipc/errors';
import type { AppId } from '../ipc/gen/AppId';
import type { Entry } from '../ipc/gen/Entry';
import type { Failure } from '../ipc/gen/Failure';
import type { Filled } from '../ipc/gen/Filled';
import type { HumanForm } from '../ipc/gen/HumanForm';
import type { Issue } from '../ipc/gen/Issue';
import type { Problem } from '../ipc/gen/Problem';
import type { RunId } from '../ipc/gen/RunId';
import type { SizeLimits } from '../ipc/gen/SizeLimits';
import type { StagedFile } from '../ipc/gen/StagedFile';
import type { StagedId } from '../ipc/gen/StagedId';
import type { Desk } from '../state/desk.svelte';
import type { Files } from '../state/files.svelte';
import { FillingState } from '../state/filling.svelte';
import { cut } from './slots';

export class AnswerState extends FillingState {
  limits = $state.raw<SizeLimits | null>(null);
  /** Why the question could not be read anew. */
  unread = $state.raw<Failure | null>(null);
  reading = $state(false);
  /** The action that is being sent. */
  sending = $state<string | null>(null);

  readonly prefix: string;
  /** Resolves once what was entered here earlier is back. */
  readonly recalled: Promise<void>;

  constructor(
    backend: Backend,
    files: Files,
    appId: AppId,
    private readonly runId: RunId,
    private readonly place: number,
    tell: (thrown: unknown) => void = () => undefined,
  ) {
    super(backend, files, appId);
    this.prefix = `answer-${place}`;
    this.recalled = this.recall(tell);
  }

  protected ask(): Promise<Problem[]> {
    return this.backend.questionCheck(this.runId, this.place, this.entries);
  }

  protected readDraft(): Promise<Filled | null> {
    return this.backend.answerDraftRead(this.runId, this.place);
  }

  protected saveDraft(revision: number): Promise<void> {
    return this.backend.answerDraftSave(this.runId, this.place, this.entries, revision);
  }

  fits(variable: string, ids: StagedId[]): Promise<(Issue | null)[]> {
    return this.backend.questionFits(this.runId, this.place, variable, ids);
  }

  choose(variable: string, title: string, filterName: string, anyName: string): Promise<StagedFile[]> {
    return this.backend.questionChoose(this.runId, this.place, variable, title, filterName, anyName);
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

  /** Files on their way that an answer waits for. */
  get waitingFor(): number {
    return this.sending === null ? 0 : this.uploading;
  }

  /** What waits for its files does not hold what is entered now. */
  override change(variable: string, entry: Entry): void {
    this.giveUp();
    super.change(variable, entry);
  }

  /** Gives up an answer that still waits for its files. */
  giveUp(): void {
    if (this.sending === null) return;
    this.backend.questionStopAnswering(this.runId, this.place).catch((thrown: unknown) => (this.failure = asFailure(thrown)));
  }

  /** Sends the answer; false when there is something to do first. */
  async send(action: string): Promise<boolean> {
    if (this.sending !== null) return false;
    this.sending = action;
    const sent = await this.attempt(async () => {
      await this.backend.questionAnswer(this.runId, this.place, this.entries, action);
      return true;
    });
    this.sending = null;
    return sent ?? false;
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
    answer = new AnswerState(desk.backend, desk.files, appId, runId, place, (thrown) => desk.tell(thrown));
    known.set(key, answer);
  }
  return answer;
}

/** Once a question is settled, nothing of its answer is needed any more. */
export function forgetAnswer(desk: Desk, runId: RunId, place: number): void {
  const key = `${runId}/${place}`;
  answers.get(desk)?.get(key)?.end();
  answers.get(desk)?.delete(key);
}
