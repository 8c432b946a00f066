/** Which steps the filters show. Pure. */
import { lengthOfStep, rowsOf } from './rows';
import { isProblem, type Tree } from './tree';

export type Filter = 'all' | 'problems' | 'slow';

/** Steps that failed or needed a default or another try; of containers only those of which nothing inside tells why. */
export function problems(tree: Tree): string[] {
  const found: string[] = [];
  if (!tree.roots.some((root) => root.problems > 0)) return found;
  for (const { step, rounds } of tree.byId.values()) {
    if (isProblem(step) && !rounds.some(({ members }) => members.some((member) => member.problems > 0))) found.push(step.id);
  }
  return found;
}

/** The longest steps that make up half the time that steps took; containers are what is in them. */
export function slow(tree: Tree, now: number): string[] {
  const lengths: { id: string; length: number }[] = [];
  let whole = 0;
  for (const { step, rounds } of tree.byId.values()) {
    const length = rounds.length > 0 ? 0 : (lengthOfStep(step, now) ?? 0);
    if (length <= 0) continue;
    lengths.push({ id: step.id, length });
    whole += length;
  }
  // Among a handful of steps it needs no finding.
  if (lengths.length < 3) return [];
  lengths.sort((a, b) => b.length - a.length);
  const found: string[] = [];
  let sum = 0;
  for (const { id, length } of lengths) {
    if (sum >= whole / 2) break;
    found.push(id);
    sum += length;
  }
  return found;
}

/** The steps with all that they stand in. */
export function withAround(tree: Tree, ids: readonly string[]): Set<string> {
  const all = new Set<string>();
  for (const id of ids) {
    for (let at: string | undefined = id; at !== undefined && !all.has(at); at = tree.parents.get(at)) all.add(at);
  }
  return all;
}

/** The problem after (or before) a row of the list, folded ones too; from the end it goes on at the beginning. */
export function nextProblem(tree: Tree, from: string | null, by: 1 | -1): string | null {
  const wanted = new Set(problems(tree));
  if (wanted.size === 0) return null;
  const rows = rowsOf(tree, () => true);
  const at = rows.findIndex((row) => row.key === from);
  for (let step = 1; step <= rows.length; step++) {
    const place = at < 0 && by < 0 ? rows.length - step : at + by * step;
    const row = rows[((place % rows.length) + rows.length) % rows.length];
    if (row && row.kind === 'step' && wanted.has(row.key)) return row.key;
  }
  return null;
}
