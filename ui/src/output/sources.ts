/** Streamed text by who writes it, with what belongs above it. Pure. */
import type { Step } from '../ipc/gen/Step';
import type { TextPart } from '../ipc/gen/TextPart';
import { GrowingText, isBlank, thoughtOf } from '../state/growing';

export interface Section {
  key: string;
  /** The step that wrote it; null where one text stands alone, or its step is not known. */
  step: Step | null;
  /** Tells two texts of one step apart. */
  variable: string | null;
  text: GrowingText;
}

export interface Reasoning {
  key: string;
  step: Step;
  text: GrowingText;
}

/** One section for each source that says something, in the order they began. */
export function sectionsOf(texts: TextPart[], steps: Step[]): Section[] {
  const speaking = texts.filter((part) => !isBlank(part));
  const nodes = speaking.map((part) => nodeOf(part.source));
  return speaking.map((part, index) => {
    const node = nodes[index] ?? '';
    const alone = speaking.length === 1;
    const twice = nodes.filter((other) => other === node).length > 1;
    return {
      // The first one is the document that the outputs take over.
      key: index === 0 ? 'first' : part.source,
      step: alone ? null : (steps.findLast((step) => step.nodeId === node) ?? null),
      variable: alone || !twice ? null : part.source.slice(node.length + 1),
      text: GrowingText.of(part),
    };
  });
}

/** Whether a step has thought apart from its text. */
export function hasThought(step: Step): boolean {
  return step.reasoning.length > 0 && !isBlank(thoughtOf(step));
}

/** What steps have thought apart from their text, by step. */
export function reasoningsOf(steps: Step[]): Reasoning[] {
  return steps.filter(hasThought).map((step) => ({ key: step.id, step, text: thoughtOf(step) }));
}

/** `node_id.variable`; ids of nodes have no dot, variables may. */
function nodeOf(source: string): string {
  const dot = source.indexOf('.');
  return dot < 0 ? source : source.slice(0, dot);
}
