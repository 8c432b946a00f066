/** What the runs on screen were given, and what became of the copies. */
import { SvelteMap } from 'svelte/reactivity';
import type { Backend } from '../ipc/backend';
import type { RunId } from '../ipc/gen/RunId';
import type { SentFile } from '../ipc/gen/SentFile';

export class Sent {
  private readonly known = new SvelteMap<RunId, SentFile[]>();
  /** Runs on screen, and by how many they are shown. */
  private readonly watched = new Map<RunId, number>();
  /** The newest question for each run: an older answer never takes the place of a newer one. */
  private readonly asked = new Map<RunId, number>();
  private turn = 0;
  /** Copies of which it was said that there was no room for them. */
  private readonly told = new Set<string>();

  constructor(
    private readonly backend: Backend,
    /** Hears of a copy for which there was no room. */
    private readonly noRoom: (file: SentFile) => void,
  ) {}

  of(id: RunId): SentFile[] | undefined {
    return this.known.get(id);
  }

  /** Reads it, and reads it again with each change until it is released. */
  async watch(id: RunId): Promise<void> {
    this.watched.set(id, (this.watched.get(id) ?? 0) + 1);
    await this.read(id);
  }

  /** Whoever shows the run has gone. */
  release(id: RunId): void {
    const left = (this.watched.get(id) ?? 1) - 1;
    if (left > 0) this.watched.set(id, left);
    else this.watched.delete(id);
    // Where one view takes the place of another, the next one begins right after: what it draws is not taken from it.
    queueMicrotask(() => {
      if (this.watched.has(id)) return;
      this.known.delete(id);
      this.asked.delete(id);
    });
  }

  /** Copies changed: of a run, or of any. */
  async hear(id: RunId | null): Promise<void> {
    // What cannot be read now is read with the next change.
    const runs = id === null ? [...this.watched.keys()] : [id];
    const all = await Promise.all(runs.map((run) => this.read(run).catch(() => [])));
    if (id === null) return;
    for (const file of all.flat()) {
      const key = `${id}/${file.index}`;
      if (file.copy !== 'no_room' || this.told.has(key)) continue;
      this.told.add(key);
      this.noRoom(file);
    }
  }

  private async read(id: RunId): Promise<SentFile[]> {
    const turn = ++this.turn;
    this.asked.set(id, turn);
    const files = await this.backend.runSent(id);
    if (this.watched.has(id) && this.asked.get(id) === turn) this.known.set(id, files);
    return files;
  }
}
