/** The files that were chosen or dropped, and how far their uploads are. */
import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import type { Backend } from '../ipc/backend';
import { asFailure } from '../ipc/errors';
import type { AppId } from '../ipc/gen/AppId';
import type { Failure } from '../ipc/gen/Failure';
import type { StagedFile } from '../ipc/gen/StagedFile';
import type { StagedId } from '../ipc/gen/StagedId';

/** Rust sends three at a time. To ask for many hundreds at once would keep both sides busy with each other. */
const askedAtOnce = 8;

/** Uploads that were asked for, and those that wait to be. */
interface Line {
  asked: number;
  waiting: (() => void)[];
}

export class Files {
  readonly byId = new SvelteMap<StagedId, StagedFile>();
  readonly failures = new SvelteMap<StagedId, Failure>();
  /** Sent just now, or about to be. */
  readonly busy = new SvelteSet<StagedId>();

  /** Bytes that are here of links being fetched to this computer. */
  readonly received = new SvelteMap<string, number>();

  /** Told of files about which something was found out that a form's rules look at. */
  readonly news = new Set<(id: StagedId) => void>();
  private readonly lines = new Map<AppId, Line>();
  /** Taken out of a form, and not for good: what waits to be sent of them is not. */
  private readonly parked = new Set<StagedId>();
  private readonly forgotten = new Set<StagedId>();
  /** Forgotten just now, and not told to Rust yet. */
  private untold: StagedId[] = [];

  constructor(private readonly backend: Backend) {}

  put(file: StagedFile): void {
    const before = this.byId.get(file.id);
    this.byId.set(file.id, file);
    if (before && isNews(before, file)) for (const tell of this.news) tell(file.id);
  }

  /** What Rust tells of a file by itself. It may have been on its way when the file was put away. */
  hear(file: StagedFile): void {
    if (!this.forgotten.has(file.id)) this.put(file);
  }

  park(ids: StagedId[]): void {
    for (const id of ids) this.parked.add(id);
  }

  unpark(ids: StagedId[]): void {
    for (const id of ids) this.parked.delete(id);
  }

  /** A copy of a picture that is small enough to be sent. */
  async shrink(appId: AppId, id: StagedId): Promise<StagedFile> {
    const file = await this.backend.fileShrink(appId, id);
    this.put(file);
    return file;
  }

  /** Resolves when the file is there or has failed; a failure is kept for its row. */
  async upload(appId: AppId, id: StagedId): Promise<void> {
    this.failures.delete(id);
    this.busy.add(id);
    const line = this.lineOf(appId);
    if (line.asked >= askedAtOnce) await new Promise<void>((resolve) => line.waiting.push(resolve));
    else line.asked += 1;
    try {
      // It may have been put away meanwhile, or been sent for a run.
      if (this.byId.has(id) && !this.parked.has(id)) this.put(await this.backend.fileUpload(appId, id));
    } catch (thrown) {
      // A file that was removed meanwhile has no row to tell it at.
      if (this.byId.has(id)) this.failures.set(id, asFailure(thrown));
    } finally {
      this.busy.delete(id);
      const next = line.waiting.shift();
      if (next) next();
      else line.asked -= 1;
    }
  }

  /** Each app has its own: its server may be away for minutes. */
  private lineOf(appId: AppId): Line {
    let line = this.lines.get(appId);
    if (!line) this.lines.set(appId, (line = { asked: 0, waiting: [] }));
    return line;
  }

  /** An interrupted upload is not to wait any longer. */
  sendNow(id: StagedId): void {
    // It goes on by itself all the same.
    this.backend.fileSendNow(id).catch(() => undefined);
  }

  /** A file as Rust found it again: what was said of it before no longer holds. */
  found(file: StagedFile): void {
    this.failures.delete(file.id);
    this.forgotten.delete(file.id);
    this.busy.delete(file.id);
    this.put(file);
  }

  forget(id: StagedId): void {
    this.forgotten.add(id);
    this.busy.delete(id);
    this.parked.delete(id);
    this.byId.delete(id);
    this.failures.delete(id);
    // A form may put hundreds away in one go: they are told together.
    if (this.untold.length === 0) queueMicrotask(() => this.tellForgotten());
    this.untold.push(id);
  }

  private tellForgotten(): void {
    const ids = this.untold;
    this.untold = [];
    // Their rows are gone either way; Rust drops the files at the latest when the program ends.
    this.backend.fileForget(ids).catch(() => undefined);
  }
}

/** How far an upload is concerns its row only. */
function isNews(before: StagedFile, now: StagedFile): boolean {
  const kept = (file: StagedFile) => !['gone', 'unreadable', 'empty'].includes(file.state.state);
  return (before.found?.locked ?? false) !== (now.found?.locked ?? false) || (before.found?.alike ?? null) !== (now.found?.alike ?? null) || before.since !== now.since || kept(before) !== kept(now);
}
