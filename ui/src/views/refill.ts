import type { App } from '../ipc/gen/App';
import type { Filled } from '../ipc/gen/Filled';
import type { RunId } from '../ipc/gen/RunId';
import type { Desk } from '../state/desk.svelte';
import type { FormState } from '../state/form.svelte';
import type { Words } from '../text/en';
import { listOf } from '../text/format';
import { words } from '../text/words.svelte';

/** Fills the form; what brings back what stood there, if that was something else. */
export function fillFrom(form: FormState, filled: Filled): (() => void) | null {
  const before = form.entries;
  const other = Object.keys(before).length > 0 && JSON.stringify(sorted(before)) !== JSON.stringify(sorted(filled.entries));
  const undo = form.fill(filled);
  return other ? undo : null;
}

const sorted = (entries: FormState['entries']) => Object.entries(entries).sort(([one], [other]) => (one < other ? -1 : 1));

/** The files that have to be chosen again, in words; empty if there are none. */
export function goneNames({ files }: Filled, t: Words): string {
  return listOf(files.filter((file) => file.state.state === 'gone').map((file) => file.name || t.kept.nameLost), t);
}

/**
 * Fills the form as it was for a past run, and starts it again if wanted: only what was run then is run again
 * unseen. Where the form changed, or a file has to be chosen anew, the user looks it over first.
 */
export async function refill(desk: Desk, app: App, runId: RunId, start: boolean): Promise<void> {
  const of = desk.runs.get(runId)?.run.head.appId;
  if (of !== undefined && of !== app.id) throw new Error(`run ${runId} is another app's`);
  const filled = await desk.backend.runRefill(runId);
  const form = desk.form(app);
  const undo = fillFrom(form, filled);
  const t = words.now;
  const gone = goneNames(filled, t);
  const copies = listOf(filled.fromCopies.map((file) => file.name), t);
  const changed = form.hasChanged;
  const say = (text: string) => (undo ? desk.toasts.offer(text, t.common.undo, undo) : desk.toasts.say(text));
  if (start && !gone && !changed) {
    const id = await form.run();
    if (id !== null) {
      await desk.runs.open(id);
      desk.showRun(app.id, id);
      if (copies) desk.toasts.say(t.source.fromCopy(copies));
      if (undo) desk.toasts.offer(t.kept.otherEntries, t.common.undo, undo);
      return;
    }
  }
  desk.formOpen.set(app.id, true);
  desk.openApp(app.id);
  if (gone) say(t.kept.chooseFiles(gone));
  else if (copies) say(t.source.fromCopy(copies));
  else if (start && changed) say(t.kept.lookOver);
  else if (!start) say(t.form.refilled);
}
