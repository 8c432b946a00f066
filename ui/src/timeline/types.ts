/** Icons and names of the kinds of steps (the name stands in where a step has no title). */
import type { JsonValue } from '../ipc/gen/serde_json/JsonValue';
import type { Step } from '../ipc/gen/Step';
import type { StepStatus } from '../ipc/gen/StepStatus';
import type { IconName } from '../parts/icons';
import type { Words } from '../text/en';
import type { Row } from './rows';

const icons: Record<keyof Words['steps']['types'], IconName> = {
  start: 'n-start',
  end: 'n-end',
  llm: 'n-llm',
  'knowledge-retrieval': 'n-know',
  'question-classifier': 'n-class',
  'if-else': 'n-branch',
  'document-extractor': 'n-doc',
  code: 'n-code',
  'template-transform': 'n-template',
  'http-request': 'n-http',
  'variable-aggregator': 'n-merge',
  assigner: 'n-assign',
  'list-operator': 'n-list',
  'parameter-extractor': 'n-extract',
  iteration: 'n-iter',
  loop: 'n-loop',
  tool: 'n-tool',
  'human-input': 'n-human',
  agent: 'n-assist',
};

function isKnown(type: string): type is keyof typeof icons {
  return Object.hasOwn(icons, type);
}

export function iconOf(type: string): IconName {
  return isKnown(type) ? icons[type] : 'n-tool';
}

export function titleOf(step: Step, t: Words): string {
  if (step.title.trim()) return step.title;
  return typeOf(step, t);
}

/** What kind of step it is; what is not known is named as the server names it. */
export function typeOf(step: Step, t: Words): string {
  return isKnown(step.nodeType) ? t.steps.types[step.nodeType] : step.nodeType || t.steps.step;
}

/** What a row is called. */
export function rowTitle(row: Row, t: Words): string {
  switch (row.kind) {
    case 'step':
      return titleOf(row.step, t);
    case 'try':
      return t.steps.tryNumber(row.number);
    case 'rest':
      return t.steps.roundsNotStarted(row.rounds);
    case 'round': {
      if (row.round === null) return t.steps.noRound;
      const item = itemOf(row.container, row.round);
      const name = typeof item === 'string' || typeof item === 'number' ? String(item).replace(/\s+/g, ' ').trim().slice(0, 60) : '';
      return name ? `${t.steps.round(row.round + 1)} · ${name}` : t.steps.round(row.round + 1);
    }
  }
}

/** What a round works on, where the container says it: one item of its list per round. */
export function itemOf(container: Step, round: number): JsonValue | undefined {
  const inputs = container.inputs;
  const list = typeof inputs === 'object' && inputs !== null && !Array.isArray(inputs) ? inputs['iterator_selector'] : undefined;
  return Array.isArray(list) && (container.roundsTotal === null || list.length === container.roundsTotal) ? list[round] : undefined;
}

export interface StatusLook {
  icon: IconName;
  tone: string;
  spin: boolean;
}

/** Classes of bars. */
export const tones: Record<StepStatus, string> = { running: 'run', failed: 'fail', exception: 'warn', succeeded: '', stopped: 'idle', paused: 'warn' };

/** The telling line of an error as a server gives it: the last one of a traceback, else the first. */
export function shortReason(error: string | null): string {
  if (!error) return '';
  const lines = error.split('\n').map((line) => line.trim()).filter(Boolean);
  const line = (error.startsWith('Traceback') ? lines.at(-1) : lines[0]) ?? '';
  return line.length > 90 ? `${line.slice(0, 89)}…` : line;
}

export const stepLooks: Record<StepStatus, StatusLook> = {
  running: { icon: 'spin', tone: 'c-run', spin: true },
  succeeded: { icon: 'check', tone: 'c-ok', spin: false },
  failed: { icon: 'bad', tone: 'c-bad', spin: false },
  exception: { icon: 'warn', tone: 'c-warn', spin: false },
  stopped: { icon: 'stopped', tone: 'c-idle', spin: false },
  paused: { icon: 'paused', tone: 'c-warn', spin: false },
};
