/** The columns that a table of runs can have, in their order. Pure. */
import type { AppId } from '../ipc/gen/AppId';
import type { AppVariables } from '../ipc/gen/AppVariables';
import type { ExportColumn } from '../ipc/gen/ExportColumn';
import type { Words } from '../text/en';

export interface Column {
  /** Tells it from others. */
  key: string;
  column: ExportColumn;
  /** What stands above it: no two have the same. */
  label: string;
}

/** Of one app. */
export interface AppColumns {
  appId: AppId;
  /** No two are called the same. */
  title: string;
  /** `short`: what it is called among those of its app. */
  columns: (Column & { short: string })[];
}

/** In the table they stand in this order. */
export interface Columns {
  before: Column[];
  apps: AppColumns[];
  after: Column[];
}

type Plain = Exclude<ExportColumn['column'], 'input' | 'output'>;
const before: Plain[] = ['started', 'app', 'title', 'name', 'status', 'duration', 'tokens', 'cost'];
const after: Plain[] = ['error', 'note', 'tags', 'details'];

/** Those that are called like another one are called something else as well, and counted where that is not enough. */
function toldApart<Item>(items: readonly Item[], nameOf: (item: Item) => string, otherwise: (item: Item) => string): string[] {
  const all = new Map<string, number>();
  for (const item of items) all.set(nameOf(item), (all.get(nameOf(item)) ?? 0) + 1);
  const taken = new Set<string>();
  return items.map((item) => {
    const name = (all.get(nameOf(item)) ?? 0) > 1 ? otherwise(item) : nameOf(item);
    let unused = name;
    for (let at = 2; taken.has(unused); at++) unused = `${name} ${at}`;
    taken.add(unused);
    return unused;
  });
}

/** `of`: what the runs of each app hold. */
export function columnsOf(of: readonly AppVariables[], titleOf: (appId: AppId) => string, t: Words): Columns {
  const plain = (column: Plain): Column => ({ key: column, column: { column }, label: t.out.columnNames[column] });
  const titles = toldApart(of, ({ appId }) => titleOf(appId), ({ appId }) => titleOf(appId));
  const made = of.flatMap(({ appId, inputs, outputs }, at) => {
    const shorts = toldApart(inputs, ({ label }) => t.out.input(label), ({ label, variable }) => t.out.input(t.out.told(label, variable)));
    return [
      ...inputs.map(({ variable }, place) => ({ app: at, key: `input ${appId} ${variable}`, column: { column: 'input' as const, app: appId, variable }, short: shorts[place] ?? variable })),
      ...outputs.map((variable) => ({ app: at, key: `output ${appId} ${variable}`, column: { column: 'output' as const, app: appId, variable }, short: t.out.output(variable) })),
    ];
  });
  const labels = toldApart(made, ({ short }) => short, ({ app, short }) => t.out.told(short, titles[app] ?? ''));
  const apps = of.map(({ appId }, at): AppColumns => {
    const columns = made.flatMap(({ app, ...column }, place) => (app === at ? [{ ...column, label: labels[place] ?? column.short }] : []));
    return { appId, title: titles[at] ?? '', columns };
  });
  return { before: before.map(plain), apps: apps.filter(({ columns }) => columns.length > 0), after: after.map(plain) };
}

export const allOf = ({ before, apps, after }: Columns): Column[] => [...before, ...apps.flatMap(({ columns }) => columns), ...after];
