/** Two runs beside each other: what went in, what came out, what it took. Pure. */
import type { InputShown } from '../ipc/gen/InputShown';
import type { Run } from '../ipc/gen/Run';
import type { JsonValue } from '../ipc/gen/serde_json/JsonValue';
import type { SentFile } from '../ipc/gen/SentFile';
import { isFile, joinStreams, shapeOutputs, type Dict } from '../output/shape';
import { isOver } from '../state/runs.svelte';
import type { Cost } from '../timeline/tree';
import { totals, treeFor } from '../timeline/tree';
import { diffSteps, type StepPair } from './steps';
import { diffFiles, diffValue, type FileField, type NamedFile, type Values } from './values';
import type { InPieces, Work } from './work';

/** A run, and what is known of the documents it was given. */
export interface Compared {
  run: Run;
  sent: SentFile[];
}

export interface FileGroup {
  variable: string;
  label: string;
  files: FileField[];
}

export interface Part extends Values {
  /** Files by the field or the output they stand in. */
  files: FileGroup[];
  /** Fields of the form, or outputs: how many there are in all, and how many differ. */
  total: number;
  differing: number;
  /** Of the others, those whose files have the same names, and nobody knows whether they hold the same. */
  unsure: number;
}

/** What a run took, where it is known. */
export interface Effort {
  ms: number | null;
  tokens: number | null;
  steps: number | null;
  cost: Cost | null;
}

export interface Comparison {
  inputs: Part;
  result: Part;
  effort: { left: Effort; right: Effort };
  steps: StepPair[];
  /** Of the first level: how long all steps took together. */
  stepTime: { left: number; right: number };
  sameStatus: boolean;
  sameError: boolean;
  /** Inputs, results and states are the same, whatever it took. */
  identical: boolean;
  /** Some paragraphs were only compared as wholes. */
  coarse: boolean;
}

export function* compareRuns(left: Compared, right: Compared, work: Work): InPieces<Comparison> {
  const inputs = yield* diffInputs(left, right, work);
  const result = yield* diffResults(left.run, right.run, work);
  const steps = yield* diffSteps(left.run, right.run, work);
  const sameStatus = left.run.head.status === right.run.head.status;
  const sameError = left.run.head.error?.message === right.run.head.error?.message && left.run.head.error?.cause === right.run.head.error?.cause;
  const top = steps.filter(({ level }) => level === 1);
  return {
    inputs,
    result,
    effort: { left: effortOf(left.run), right: effortOf(right.run) },
    steps,
    stepTime: { left: top.reduce((sum, pair) => sum + (pair.left?.ms ?? 0), 0), right: top.reduce((sum, pair) => sum + (pair.right?.ms ?? 0), 0) },
    sameStatus,
    sameError,
    identical: [inputs, result].every(({ differing, unsure }) => differing === 0 && unsure === 0) && sameStatus && sameError && !isHead(left.run) && !isHead(right.run),
    coarse: [...inputs.texts, ...result.texts].some(({ diff }) => diff.coarse),
  };
}

const nothing = (): Part => ({ fields: [], texts: [], files: [], total: 0, differing: 0, unsure: 0 });
/** Of such a run only the server's list tells: there is nothing in it to be the same. */
export const isHead = (run: Run) => run.notices.some((notice) => notice.code === 'only_head');

/** Adds one input or output, and counts whether it differs. */
function* add(part: Part, left: JsonValue | undefined, right: JsonValue | undefined, variable: string, work: Work, name?: string): InPieces<void> {
  const [fields, texts] = [part.fields.length, part.texts.length];
  yield* diffValue(left, right, [variable], [variable], part, work, name);
  part.total++;
  const differs = part.fields.slice(fields).some(({ same }) => !same) || part.texts.slice(texts).some(({ diff, missing }) => diff.differences > 0 || missing !== null);
  if (differs) part.differing++;
}

function addFiles(part: Part, variable: string, label: string, left: NamedFile[], right: NamedFile[]): void {
  const files = diffFiles(left, right);
  if (files.length === 0) return;
  part.files.push({ variable, label, files });
  part.total++;
  if (files.some(({ same }) => !same)) part.differing++;
  else if (files.some(({ unsure }) => unsure)) part.unsure++;
}

function* diffInputs(left: Compared, right: Compared, work: Work): InPieces<Part> {
  const part = nothing();
  const find = ({ run }: Compared, variable: string) => run.inputs.find((input) => input.variable === variable);
  const filesOf = ({ sent }: Compared, { variable, value }: InputShown): NamedFile[] => {
    const own = sent.filter((file) => file.variable === variable);
    const named = (name: JsonValue, at: number): NamedFile => {
      const file = own[at]?.name === name ? own[at] : own.find((file) => file.name === name);
      // Of a link the address is what went in.
      return { name: String(name), size: file?.size ?? null, knownAs: typeof file?.link === 'string' ? [`link ${file.link}`] : (file?.knownAs ?? []) };
    };
    return Array.isArray(value) ? value.map(named) : [];
  };
  for (const variable of new Set([...left.run.inputs, ...right.run.inputs].map((input) => input.variable))) {
    const [a, b] = [find(left, variable), find(right, variable)];
    const label = (b ?? a)?.label || variable;
    if (a?.isFiles || b?.isFiles) addFiles(part, variable, label, a ? filesOf(left, a) : [], b ? filesOf(right, b) : []);
    else yield* add(part, a?.value, b?.value, variable, work, label);
  }
  return part;
}

function* diffResults(left: Run, right: Run, work: Work): InPieces<Part> {
  const part = nothing();
  const [a, b] = [outputsOf(left), outputsOf(right)];
  yield;
  // Where only one of them came to its end, what was written until then stands beside its result.
  const lone = '' in a && !('' in b) ? b : '' in b && !('' in a) ? a : null;
  const first = lone && Object.keys(lone).find((name) => typeof lone[name] === 'string' && !Object.hasOwn(lone === a ? b : a, name));
  if (lone && first) {
    lone[''] = lone[first] ?? '';
    delete lone[first];
  }
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) yield* add(part, a[name], b[name], name, work);
  for (const variable of new Set([...left.files, ...right.files].map((file) => file.variable))) {
    const of = ({ files }: Run) => files.filter((file) => file.variable === variable).map(({ name, size }) => ({ name, size, knownAs: [] }));
    addFiles(part, variable, variable, of(left), of(right));
  }
  // The longest text is what a run is for.
  part.texts.sort((x, y) => length(y.diff.rows) - length(x.diff.rows));
  return part;
}

function length(rows: { left: { text: string } | null; right: { text: string } | null }[]): number {
  return rows.reduce((sum, { left, right }) => sum + (right ?? left ?? { text: '' }).text.length, 0);
}

/** Its outputs but for files, the longest text first; under the empty name what it wrote that they do not say. */
function outputsOf(run: Run): Dict {
  const streamed = joinStreams(run.texts);
  const { main } = shapeOutputs(run.outputs, streamed);
  const hasFiles = (value: JsonValue) => isFile(value) || (Array.isArray(value) && value.length > 0 && value.every(isFile));
  const outputs: Dict = {};
  if (main.some(({ name }) => name === '')) outputs[''] = streamed;
  for (const { name, text } of main) if (name && text !== null) outputs[name] = text;
  for (const [name, value] of Object.entries(run.outputs)) if (!hasFiles(value)) outputs[name] = value;
  return outputs;
}

function effortOf(run: Run): Effort {
  const { head } = run;
  const sums = totals(treeFor(run.steps));
  const over = isOver(head.status) && head.status !== 'unknown';
  return {
    ms: head.elapsed !== null ? head.elapsed * 1000 : over && head.finishedAt !== null ? head.finishedAt - head.startedAt : null,
    tokens: head.totalTokens ?? sums.tokens,
    steps: run.steps.length || head.totalSteps,
    cost: sums.cost,
  };
}

/** Whether anything of a field of files or values is to be shown. */
export function shownFields<Item extends { same: boolean }>(items: Item[], onlyDifferences: boolean): Item[] {
  return onlyDifferences ? items.filter(({ same }) => !same) : items;
}
