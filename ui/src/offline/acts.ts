/** What can be done with runs that are kept ready. */
import { asFailure } from '../ipc/errors';
import type { App } from '../ipc/gen/App';
import type { Prepared } from '../ipc/gen/Prepared';
import type { Desk } from '../state/desk.svelte';
import { words } from '../text/words.svelte';
import { fillFrom, goneNames } from '../views/refill';

/** Sends it, and shows its run. What has to be looked over first is opened in the form, and stays ready until then. */
export async function sendReady(desk: Desk, app: App, prepared: Prepared): Promise<void> {
  if (desk.prepared.isSending(prepared)) return;
  const key = `ready ${prepared.id}`;
  desk.prepared.sending.add(prepared.id);
  desk.toasts.take(key);
  try {
    const id = await desk.backend.preparedSend(prepared.id);
    await desk.prepared.read();
    desk.showRun(app.id, id);
  } catch (thrown) {
    if (asFailure(thrown).code === 'form_invalid') {
      await editReady(desk, app, prepared, words.now.offline.lookOver);
      await desk.form(app).check();
    } else desk.tell(thrown, key);
  } finally {
    desk.prepared.sending.delete(prepared.id);
    desk.prepared.read().catch(() => undefined);
  }
}

/** Into the form again: from there it is run, or kept ready anew. */
export async function editReady(desk: Desk, app: App, prepared: Prepared, say = words.now.offline.editing): Promise<void> {
  const { backend, prepared: ready, toasts } = desk;
  try {
    const filled = await backend.preparedOpen(prepared.id);
    await backend.preparedRemove(prepared.id);
    const undoFill = fillFrom(desk.form(app), filled);
    const gone = goneNames(filled, words.now);
    desk.current.delete(app.id);
    desk.openApp(app.id);
    await ready.read();
    toasts.offer(gone ? words.now.kept.chooseFiles(gone) : say, words.now.common.undo, () => {
      undoFill?.();
      backend.preparedRestore(prepared.id).then(() => ready.read()).catch((thrown: unknown) => desk.tell(thrown));
    });
  } catch (thrown) {
    desk.tell(thrown);
  }
}
