/** One run on screen. The page keeps no rules of its own here: it upserts steps, appends text, replaces the rest. */
import type { Run } from '../ipc/gen/Run';
import type { RunPatch } from '../ipc/gen/RunPatch';
import type { Step } from '../ipc/gen/Step';
import type { TextChange } from '../ipc/gen/TextChange';
import type { TextPart } from '../ipc/gen/TextPart';
import { GrowingText, lengthOf } from './growing';

/** At most 20 updates a second (streamed text must be readable, and each update costs a layout). */
const flushAfter = 50;

export class LiveRun {
  run: Run = $state.raw(null as never);
  private waiting: RunPatch[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    run: Run,
    /** Called when text is missing that only the store has. */
    private readonly onGap: () => void,
  ) {
    this.run = run;
  }

  push(patch: RunPatch): void {
    this.waiting.push(patch);
    this.timer ??= setTimeout(() => this.flush(), flushAfter);
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const patches = this.waiting;
    this.waiting = [];
    if (patches.length === 0) return;
    const { run, gap } = applyPatches(this.run, patches);
    this.run = run;
    if (gap) this.onGap();
  }
}

/** The run after the patches, in their order; `gap` tells that a piece of text was missed. */
export function applyPatches(run: Run, patches: RunPatch[]): { run: Run; gap: boolean } {
  const next: Run = { ...run };
  let gap = false;
  const steps = patches.flatMap((patch) => patch.steps);
  if (steps.length > 0) next.steps = upsert(run.steps, steps);
  for (const patch of patches) {
    if (patch.head) next.head = patch.head;
    if (patch.outputs) next.outputs = patch.outputs;
    if (patch.files) next.files = patch.files;
    if (patch.notices) next.notices = patch.notices;
    if (patch.questions) next.questions = patch.questions;
    if (patch.unknownEvents) next.unknownEvents = patch.unknownEvents;
    if (patch.texts.length > 0) {
      const changed = changeTexts(next.texts, patch.texts);
      next.texts = changed.texts;
      gap ||= changed.gap;
    }
  }
  return { run: next, gap };
}

function upsert(before: Step[], changed: Step[]): Step[] {
  const byId = new Map(before.map((step) => [step.id, step]));
  for (const step of changed) byId.set(step.id, step);
  return [...byId.values()].sort((a, b) => a.order - b.order);
}

function changeTexts(before: TextPart[], changes: TextChange[]): { texts: TextPart[]; gap: boolean } {
  let texts = [...before];
  let gap = false;
  for (const change of changes) {
    if (change.kind === 'replace') {
      texts = [{ source: '', text: change.text }];
      continue;
    }
    const at = texts.findIndex((part) => part.source === change.source);
    const part = texts[at] ?? { source: change.source, text: '' };
    const known = lengthOf(part);
    if (change.offset > known) {
      gap = true;
      continue;
    }
    // A piece that came with the opened run already is skipped, as far as it is there.
    const grown = GrowingText.of(part).grown(change.text.slice(known - change.offset));
    if (at < 0) texts.push(grown);
    else texts[at] = grown;
  }
  return { texts, gap };
}
