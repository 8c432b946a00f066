/** The one question when the window closes while something is under way, and the window's life in the background. */
import type { Backend } from '../ipc/backend';
import type { AppEvent } from '../ipc/gen/AppEvent';
import type { CloseAnswer } from '../ipc/gen/CloseAnswer';
import type { RunHead } from '../ipc/gen/RunHead';
import { words } from '../text/words.svelte';
import type { Looks } from './looks.svelte';
import { isOver, type Runs } from './runs.svelte';

type CloseAsked = Extract<AppEvent, { type: 'close_asked' }>;

export class Closing {
  /** What is asked about now. */
  asked = $state.raw<CloseAsked | null>(null);
  stopping = $state(false);
  /** Runs whose server did not hear that they are to stop, while the program was to end. */
  unheard = $state.raw<RunHead[]>([]);
  private hidden = false;
  private trayLine = -1;

  constructor(
    private readonly backend: Backend,
    private readonly looks: Looks,
    private readonly runs: Runs,
  ) {
    runs.watch((head) => this.onHead(head));
  }

  hear(event: CloseAsked): void {
    // What was chosen for closing the window is no answer to the wish to quit, nor is what was for runs one for a backup.
    const { closing } = this.looks;
    const isOther = (event.quitting && closing === 'background') || (event.work.length > 0 && closing === 'stop');
    const chosen = isOther ? 'ask' : closing;
    this.asked = event;
    this.unheard = [];
    void this.backend.closeHeard();
    if (chosen !== 'ask') void this.answer(chosen, false);
  }

  /** The stop of these did not arrive: whether the program is to end all the same is another question. */
  hearUnheard(runs: RunHead[]): void {
    this.stopping = false;
    this.asked = null;
    this.unheard = runs;
    void this.backend.closeHeard();
  }

  shown(): void {
    this.hidden = false;
  }

  async answer(answer: CloseAnswer, remember: boolean): Promise<void> {
    if (this.stopping) return;
    if (remember && (answer === 'background' || answer === 'stop')) this.looks.closing = answer;
    this.stopping = answer === 'stop';
    this.unheard = [];
    if (answer !== 'stop') this.asked = null;
    if (answer === 'background') {
      this.hidden = true;
      this.trayLine = this.runs.underWay;
    }
    await this.backend.closeAnswer(answer, this.trayWords());
  }

  private onHead(head: RunHead): void {
    const { asked } = this;
    if (asked && !this.stopping && isOver(head.status)) {
      const left = asked.runs.filter((run) => run.id !== head.id);
      // Nothing is left to ask about; what ended stands on screen.
      this.asked = left.length > 0 || asked.work.length > 0 ? { ...asked, runs: left } : null;
    }
    if (isOver(head.status) && this.unheard.some((run) => run.id === head.id)) this.unheard = this.unheard.filter((run) => run.id !== head.id);
    if (this.hidden && this.trayLine !== this.runs.underWay) {
      this.trayLine = this.runs.underWay;
      void this.backend.traySay(this.trayWords());
    }
  }

  private trayWords() {
    const { tray } = words.now.desktop;
    return { show: tray.show, runs: tray.runs(this.runs.underWay), quit: tray.quit };
  }
}
