/** Icons and names of the kinds of steps (the name stands in where a step has no title). */
import type { Step } from '../ipc/gen/Step';
import type { StepStatus } from '../ipc/gen/StepStatus';
import type { IconName } from '../parts/icons';
import type { Words } from '../text/en';

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
  return isKnown(step.nodeType) ? t.steps.types[step.nodeType] : step.nodeType || t.steps.step;
}

export interface StatusLook {
  icon: IconName;
  tone: string;
  spin: boolean;
}

export const stepLooks: Record<StepStatus, StatusLook> = {
  running: { icon: 'spin', tone: 'c-run', spin: true },
  succeeded: { icon: 'check', tone: 'c-ok', spin: false },
  failed: { icon: 'bad', tone: 'c-bad', spin: false },
  exception: { icon: 'warn', tone: 'c-warn', spin: false },
  stopped: { icon: 'stopped', tone: 'c-idle', spin: false },
  paused: { icon: 'paused', tone: 'c-warn', spin: false },
};
