/** The columns that a table of runs can have, in their order. Pure. */
import type { ExportColumn } from '../ipc/gen/ExportColumn';
import type { RunVariables } from '../ipc/gen/RunVariables';
import type { Words } from '../text/en';

export interface Column {
  /** Tells it from others. */
  key: string;
  column: ExportColumn;
  label: string;
}

type Plain = Exclude<ExportColumn['column'], 'input' | 'output'>;
const before: Plain[] = ['started', 'app', 'title', 'name', 'status', 'duration', 'tokens', 'cost'];
const after: Plain[] = ['error', 'note', 'tags', 'details'];

/** `variables`: of the one app, where there is only one. */
export function columnsOf(variables: RunVariables | null, t: Words): Column[] {
  const plain = (column: Plain): Column => ({ key: column, column: { column }, label: t.out.columnNames[column] });
  const inputs = (variables?.inputs ?? []).map(({ variable, label }): Column => ({ key: `input ${variable}`, column: { column: 'input', variable }, label: t.out.input(label) }));
  const outputs = (variables?.outputs ?? []).map((variable): Column => ({ key: `output ${variable}`, column: { column: 'output', variable }, label: t.out.output(variable) }));
  return [...before.map(plain), ...inputs, ...outputs, ...after.map(plain)];
}
