/** One run on screen. The page keeps no rules of its own here: it upserts steps, appends text, replaces the rest. */
import type { Run } from '../ipc/gen/Run';
import type { RunPatch } from '../ipc/gen/RunPatch';
import type { Step } from '../ipc/gen/Step';
import type { TextChange } from '../ipc/gen/TextChange';
import type { TextPart } from '../ipc/gen/TextPart';
import { Frames } from './frames';
import { GrowingText, lengthOf, thinksOn } from './growing';

export class LiveRun {
  run: Run = $state.raw(null as never);
  private waiting: RunPatch[] = [];
  private readonly frames = new Frames(() => this.flush());

  constructor(
    run: Run,
    /** Called when text is missing that only the store has. */
    private readonly onGap: () => void,
  ) {
    this.run = run;
  }

  push(patch: RunPatch): void {
    this.waiting.push(patch);
    this.frames.ask();
  }

  flush(): void {
    this.frames.cancel();
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
  const thoughts = patches.flatMap((patch) => patch.texts.filter((change) => change.kind === 'thought'));
  if (thoughts.length > 0) {
    const thought = think(next.steps, thoughts);
    next.steps = thought.steps;
    gap = thought.gap;
  }
  for (const patch of patches) {
    if (patch.head) next.head = patch.head;
    if (patch.outputs) next.outputs = patch.outputs;
    if (patch.files) next.files = patch.files;
    if (patch.notices) next.notices = patch.notices;
    if (patch.questions) next.questions = patch.questions;
    if (patch.unknownEvents) next.unknownEvents = patch.unknownEvents;
    if (patch.texts.length > 0) {
      const texts = patch.texts.filter((change) => change.kind !== 'thought');
      if (texts.length > 0) {
        const changed = changeTexts(next.texts, texts);
        next.texts = changed.texts;
        gap ||= changed.gap;
      }
    }
  }
  return { run: next, gap };
}

function upsert(before: Step[], changed: Step[]): Step[] {
  const byId = new Map(changed.map((step) => [step.id, step]));
  // A long run has thousands of steps, of which few change: those are looked for, not all sorted.
  const after = before.map((step) => {
    const newer = byId.get(step.id);
    if (!newer) return step;
    byId.delete(step.id);
    if (newer.reasoning) thinksOn(newer, step);
    return newer;
  });
  if (byId.size === 0) return after;
  const last = after.at(-1)?.order ?? -1;
  const added = [...byId.values()].sort((a, b) => a.order - b.order);
  after.push(...added);
  return (added[0]?.order ?? 0) > last ? after : after.sort((a, b) => a.order - b.order);
}

type Thought = Extract<TextChange, { kind: 'thought' }>;

/** The steps with what they went on to think. What came with a step already is skipped. */
function think(before: Step[], thoughts: Thought[]): { steps: Step[]; gap: boolean } {
  const steps = [...before];
  let gap = false;
  for (const { step: id, offset, text, times } of thoughts) {
    const at = steps.findLastIndex((step) => step.id === id);
    const step = steps[at];
    if (!step || offset > step.reasoning.length) {
      gap = true;
      continue;
    }
    const fresh = text.slice(step.reasoning.length - offset);
    if (!fresh) continue;
    // Joined strings are copied as a whole as soon as somebody looks into them: nobody does before the end.
    const later = { ...step, reasoning: step.reasoning + fresh, thinking: times };
    thinksOn(later, step, fresh);
    steps[at] = later;
  }
  return { steps, gap };
}

function changeTexts(before: TextPart[], changes: Exclude<TextChange, Thought>[]): { texts: TextPart[]; gap: boolean } {
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
