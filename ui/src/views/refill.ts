import type { App } from '../ipc/gen/App';
import type { RunId } from '../ipc/gen/RunId';
import type { Desk } from '../state/desk.svelte';
import { listOf } from '../text/format';
import { words } from '../text/words.svelte';

/** Fills the form as it was for a past run, and starts it again if wanted and if no file has to be chosen anew. */
export async function refill(desk: Desk, app: App, runId: RunId, start: boolean): Promise<void> {
  const { entries, filesGone } = await desk.backend.runRefill(runId);
  const form = desk.form(app);
  form.fill(entries);
  if (start && filesGone.length === 0) {
    const id = await form.run();
    if (id !== null) {
      await desk.runs.open(id);
      desk.showRun(app.id, id);
      return;
    }
  }
  desk.formOpen.set(app.id, true);
  desk.openApp(app.id);
  const t = words.now;
  if (filesGone.length > 0) desk.toasts.say(t.form.filesGone(listOf(filesGone, t)));
  else if (!start) desk.toasts.say(t.form.refilled);
}
