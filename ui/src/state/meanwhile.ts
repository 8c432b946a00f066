/** What happens to the rows of a list while it is read anew: it is newer than what is read, so it holds for that, too. */
import type { PastRun } from '../ipc/gen/PastRun';
import type { RunId } from '../ipc/gen/RunId';

type Change = (row: PastRun) => PastRun;

export class Meanwhile {
  /** Rows that were taken out of the list as it is now: they may come back. */
  private readonly out = new Map<RunId, PastRun>();
  /** Something is being read that is still of use. */
  reading = false;
  private readonly gone = new Set<RunId>();
  private readonly changes = new Map<RunId, Change[]>();

  begin(): void {
    this.over();
    this.reading = true;
  }

  over(): void {
    this.reading = false;
    this.gone.clear();
    this.changes.clear();
  }

  /** Another list: what went from the one before has no place in it. */
  forget(): void {
    this.out.clear();
  }

  /** `rows`: those of them that the list had. */
  remove(ids: ReadonlySet<RunId>, rows: readonly PastRun[]): void {
    for (const row of rows) this.out.set(row.head.id, row);
    if (this.reading) for (const id of ids) this.gone.add(id);
  }

  /** The rows of these runs, as far as the list had them. What is being read may lack them: it is of no use any more. */
  comeBack(ids: readonly RunId[]): PastRun[] {
    const rows = ids.flatMap((id) => this.out.get(id) ?? []);
    for (const id of ids) this.out.delete(id);
    this.over();
    return rows;
  }

  change(ids: Iterable<RunId>, how: Change): void {
    if (!this.reading) return;
    for (const id of ids) this.changes.set(id, [...(this.changes.get(id) ?? []), how]);
  }

  /** What was read, as it is by now. */
  since(read: readonly PastRun[]): PastRun[] {
    const changed = (row: PastRun) => (this.changes.get(row.head.id) ?? []).reduce((row, how) => how(row), row);
    return read.filter((row) => !this.gone.has(row.head.id)).map(changed);
  }
}
