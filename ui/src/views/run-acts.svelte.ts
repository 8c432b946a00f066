/** What can be done about a run from its page: run it again, edit and run again, ask the server once more. */
import type { App } from '../ipc/gen/App';
import type { RunHead } from '../ipc/gen/RunHead';
import type { Desk } from '../state/desk.svelte';
import { words } from '../text/words.svelte';
import { mayRunTwice } from './ending';
import { refill } from './refill';

/** What the page has in hand at the moment of the click. */
interface Now {
  head: RunHead;
  app: App | undefined;
  /** Opened from the history. */
  stored: boolean;
}

export class RunActs {
  busy = $state(false);
  /** Asks whether a run of which nobody knows the end is to be started a second time. */
  twice = $state(false);

  constructor(
    private readonly desk: Desk,
    private readonly now: () => Now,
  ) {}

  async again(start: boolean, sure = false): Promise<void> {
    const { head, app } = this.now();
    if (!app || this.busy) return;
    if (start && !sure && mayRunTwice(head)) {
      this.twice = true;
      return;
    }
    this.busy = true;
    try {
      await refill(this.desk, app, head.id, start);
      // The form stands beside the run now: to edit means to be in it.
      if (!start) setTimeout(() => document.querySelector<HTMLElement>('.form-scroll :is(input, textarea, select, button)')?.focus());
    } catch (thrown) {
      this.desk.tell(thrown);
    } finally {
      this.busy = false;
    }
  }

  async checkAgain(): Promise<void> {
    if (this.busy) return;
    const { head, app, stored } = this.now();
    this.busy = true;
    try {
      const news = await this.desk.backend.runCheckAgain(head.id);
      this.desk.toasts.take(head.id);
      if (!news) this.desk.toasts.say(words.now.endings.checked);
      // It lives: a run under way is no past run.
      else if (stored && app && this.desk.runs.unfinished.has(head.id)) this.desk.lookAt(app.id, head.id);
    } catch (thrown) {
      this.desk.tell(thrown, head.id);
    } finally {
      this.busy = false;
    }
  }
}
