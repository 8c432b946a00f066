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
  /** What is to be drawn: what steps write, and all else. */
  private texts: RunPatch[] = [];
  private others: RunPatch[] = [];
  private textsNext = false;
  private readonly frames = new Frames(() => this.draw());

  constructor(
    run: Run,
    /** Called when text is missing that only the store has. */
    private readonly onGap: () => void,
  ) {
    this.run = run;
  }

  push(patch: RunPatch): void {
    // What steps think stands in the steps.
    const [written, others] = apart(patch);
    if (written) this.texts.push(written);
    if (others) this.others.push(others);
    this.frames.ask();
  }

  /** Text and steps take turns: both drawn and painted in one frame could make it a long one. */
  private draw(): void {
    if (this.texts.length === 0 || this.others.length === 0) return this.flush();
    // A run ends with all of its text.
    const ends = this.others.some(({ head }) => head !== null && head.finishedAt !== null);
    this.textsNext = ends || !this.textsNext;
    const patches = this.textsNext ? this.texts : this.others;
    if (this.textsNext) this.texts = [];
    else this.others = [];
    this.apply(patches);
    this.frames.ask();
  }

  flush(): void {
    this.frames.cancel();
    const patches = [...this.others, ...this.texts];
    this.others = [];
    this.texts = [];
    if (patches.length > 0) this.apply(patches);
  }

  private apply(patches: RunPatch[]): void {
    const { run, gap } = applyPatches(this.run, patches);
    this.run = run;
    if (gap) this.onGap();
  }
}

/** What steps write, and all else; null where there is nothing of it. */
function apart(patch: RunPatch): [RunPatch | null, RunPatch | null] {
  const { id, head, steps, outputs, files, notices, questions, unknownEvents } = patch;
  const written = patch.texts.filter((change) => change.kind !== 'thought');
  if (written.length === 0) return [null, patch];
  const thoughts = patch.texts.filter((change) => change.kind === 'thought');
  const others = head ?? outputs ?? files ?? notices ?? questions ?? unknownEvents ?? steps[0] ?? thoughts[0];
  const texts: RunPatch = { id, head: null, steps: [], texts: written, outputs: null, files: null, notices: null, questions: null, unknownEvents: null };
  return [texts, others ? { ...patch, texts: thoughts } : null];
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
