/** What the user says of runs: kept in Rust, shown at once. */
import { SvelteMap } from 'svelte/reactivity';
import { mostTags } from '../history/tags';
import type { Backend } from '../ipc/backend';
import type { PastRun } from '../ipc/gen/PastRun';
import type { Remarks } from '../ipc/gen/Remarks';
import type { RemarksChange } from '../ipc/gen/RemarksChange';
import type { RunHead } from '../ipc/gen/RunHead';
import type { RunId } from '../ipc/gen/RunId';

/** While somebody writes, saved as often as this. */
const writing = 300;

const noChange: RemarksChange = { name: null, note: null, starred: null, reviewed: null, addTags: [], removeTags: [] };

function tagsAfter(tags: string[], { addTags, removeTags }: RemarksChange): string[] {
  const rest = tags.filter((tag) => !removeTags.includes(tag));
  const room = Math.max(0, mostTags - rest.length);
  return [...rest, ...addTags.filter((tag) => !rest.includes(tag)).slice(0, room)].sort((a, b) => a.localeCompare(b));
}

/** What the lists show of it. */
function remarked(row: PastRun, change: RemarksChange): PastRun {
  return {
    ...row,
    name: change.name ?? row.name,
    starred: change.starred ?? row.starred,
    reviewed: change.reviewed ?? row.reviewed,
    hasNote: change.note === null ? row.hasNote : change.note.trim() !== '',
    tags: tagsAfter(row.tags, change),
  };
}

/** What else shows remarks: the lists. */
interface Others {
  changed: (ids: ReadonlySet<RunId>, how: (row: PastRun) => PastRun) => void;
  /** It could not be kept: what is shown is to be read again. */
  failed: (thrown: unknown) => void;
}

export class RemarksOf {
  /** Of runs on screen. */
  private readonly known = new SvelteMap<RunId, Remarks>();
  /** What the user calls runs, as far as it was heard; kept longer than the rest, for runs that are named wherever they are listed. */
  private readonly names = new SvelteMap<RunId, string>();
  /** Every tag that is in use. */
  tags = $state.raw<string[]>([]);
  /** Counts what is said. */
  private turn = 0;
  /** Notes that are written and not yet kept. */
  private readonly notes = new Map<RunId, { text: string; timer: ReturnType<typeof setTimeout> | undefined }>();

  constructor(
    private readonly backend: Backend,
    private readonly others: Others,
  ) {}

  of(id: RunId): Remarks | undefined {
    return this.known.get(id);
  }

  /** What a run is called: by its user, else by what went in. Empty where there is neither. */
  titleOf(head: Pick<RunHead, 'id' | 'title'>): string {
    return this.names.get(head.id) || head.title;
  }

  /** Reads the names of runs that are shown without the rest of what is said of them. */
  async learn(ids: RunId[]): Promise<void> {
    const { turn } = this;
    // Where one cannot be read, its title does.
    const names = await Promise.all(ids.map(async (id) => [id, (await this.backend.runRemarks(id).catch(() => null))?.name ?? ''] as const));
    // Something was said meanwhile, perhaps a name.
    if (turn === this.turn) for (const [id, name] of names) this.names.set(id, name);
  }

  async open(id: RunId): Promise<void> {
    const { turn } = this;
    const remarks = await this.backend.runRemarks(id);
    // Something was said meanwhile: what is shown is newer than what was read.
    if (turn !== this.turn && this.known.has(id)) return;
    // What is being written is newer, and blanks at its end are kept by nobody but whoever goes on writing.
    const shown = this.known.get(id)?.note;
    const note = this.notes.get(id)?.text ?? (shown?.trim() === remarks.note ? shown : undefined);
    this.known.set(id, note === undefined ? remarks : { ...remarks, note });
    this.names.set(id, remarks.name);
  }

  async openTags(): Promise<void> {
    this.tags = (await this.backend.tags()).map(([tag]) => tag);
  }

  /** Drawn at once; false where it could not be kept. */
  async change(ids: RunId[], part: Partial<RemarksChange>): Promise<boolean> {
    const change: RemarksChange = { ...noChange, ...part };
    this.turn++;
    const all = new Set(ids);
    this.others.changed(all, (row) => remarked(row, change));
    for (const id of ids) {
      if (change.name !== null) this.names.set(id, change.name);
      const before = this.known.get(id);
      if (before) this.known.set(id, { name: change.name ?? before.name, note: change.note ?? before.note, starred: change.starred ?? before.starred, reviewed: change.reviewed ?? before.reviewed, tags: tagsAfter(before.tags, change) });
    }
    try {
      await this.backend.runsRemark(ids, change);
      // What was read while it was being kept may be older: who writes on would write on that.
      this.turn++;
      return true;
    } catch (thrown) {
      this.others.failed(thrown);
      // As it is really; a note that could not be kept stays where it was written.
      if (change.note === null) for (const id of ids) if (this.known.has(id)) await this.open(id).catch(() => undefined);
      return false;
    }
  }

  /** A note while it is written. It is kept a moment later, and at once when it is left. */
  write(id: RunId, text: string): void {
    this.turn++;
    const before = this.notes.get(id);
    const known = this.known.get(id);
    if (known) this.known.set(id, { ...known, note: text });
    // The first of what follows the last save, not the last key, sets the time: who writes on and on is saved all the same.
    this.notes.set(id, { text, timer: before?.timer ?? setTimeout(() => void this.keep(id), writing) });
  }

  async keep(id: RunId): Promise<void> {
    const note = this.notes.get(id);
    if (!note) return;
    clearTimeout(note.timer);
    note.timer = undefined;
    const { text } = note;
    const kept = await this.change([id], { note: text });
    const now = this.notes.get(id);
    // What was written meanwhile has its own timer.
    if (now === note && note.text === text && kept) this.notes.delete(id);
  }

  /** All notes that are not yet kept, such as before the window goes. */
  async keepAll(): Promise<void> {
    await Promise.all([...this.notes.keys()].map((id) => this.keep(id)));
  }

  /** Past runs changed: those on screen may say something else by now. */
  hearChange(): void {
    for (const id of this.known.keys()) void this.open(id).catch(() => this.known.delete(id));
  }

  release(id: RunId): void {
    void this.keep(id);
    this.known.delete(id);
  }
}
