/** What "Save all" writes: each output that is not a file becomes one. Pure. */
import type { NamedText } from '../ipc/gen/NamedText';
import type { Run } from '../ipc/gen/Run';
import { withoutThinking } from './thinking';
import { asWritten, writeCsv } from './csv';
import { joinStreams, shapeOutputs, type Part } from './shape';
import { plainRows, tableOf } from './table';

/** As many as `allTexts` and the files are; more than one are worth a folder. */
export function countAll(run: Run): number {
  const { main, beside } = shapeOf(run);
  return main.length + (beside.length > 0 ? 1 : 0) + run.files.filter((file) => file.local === 'stored').length;
}

let last: { run: Run; shape: ReturnType<typeof shapeOutputs> } | undefined;

/** A long text is not looked at twice. */
function shapeOf(run: Run): ReturnType<typeof shapeOutputs> {
  if (last?.run.outputs !== run.outputs || last.run.texts !== run.texts) last = { run, shape: shapeOutputs(run.outputs, joinStreams(run.texts)) };
  return last.shape;
}

export function allTexts(run: Run, nameless: string, valueName: string): NamedText[] {
  const { main, beside } = shapeOf(run);
  const texts = main.map((part) => textOf(part, nameless, valueName));
  if (beside.length > 0) {
    const short = Object.fromEntries(beside.map(({ name, value }) => [name, value]));
    texts.push({ name: main.length > 0 ? 'values.json' : `${nameless}.json`, text: `${JSON.stringify(short, null, 2)}\n` });
  }
  return texts;
}

function textOf(part: Part, nameless: string, valueName: string): NamedText {
  const name = part.name || nameless;
  const view = part.views[0];
  if (part.text === null) {
    if (view !== 'table' || !Array.isArray(part.value)) return { name: `${name}.json`, text: `${JSON.stringify(part.value, null, 2)}\n` };
    const table = tableOf(part.value);
    return { name: `${name}.csv`, text: writeCsv(plainRows(table, table.rows, valueName)) };
  }
  if (view === 'tree') return { name: `${name}.json`, text: part.text };
  if (view === 'table') return { name: `${name}.csv`, text: asWritten(part.text) };
  return view === 'text' ? { name: `${name}.txt`, text: part.text } : { name: `${name}.md`, text: withoutThinking(part.text) };
}
