/** The files that were chosen or dropped, and how far their uploads are. */
import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import type { Backend } from '../ipc/backend';
import { asFailure } from '../ipc/errors';
import type { AppId } from '../ipc/gen/AppId';
import type { Failure } from '../ipc/gen/Failure';
import type { StagedFile } from '../ipc/gen/StagedFile';
import type { StagedId } from '../ipc/gen/StagedId';

export class Files {
  readonly byId = new SvelteMap<StagedId, StagedFile>();
  readonly failures = new SvelteMap<StagedId, Failure>();
  /** Sent just now, or about to be. */
  readonly busy = new SvelteSet<StagedId>();

  constructor(private readonly backend: Backend) {}

  put(file: StagedFile): void {
    this.byId.set(file.id, file);
  }

  /** Resolves when the file is there or has failed; a failure is kept for its row. */
  async upload(appId: AppId, id: StagedId): Promise<void> {
    this.failures.delete(id);
    this.busy.add(id);
    try {
      this.put(await this.backend.fileUpload(appId, id));
    } catch (thrown) {
      // A file that was removed meanwhile has no row to tell it at.
      if (this.byId.has(id)) this.failures.set(id, asFailure(thrown));
    } finally {
      this.busy.delete(id);
    }
  }

  /** An interrupted upload is not to wait any longer. */
  sendNow(id: StagedId): void {
    // It goes on by itself all the same.
    this.backend.fileSendNow(id).catch(() => undefined);
  }

  /** A file as Rust found it again: what was said of it before no longer holds. */
  found(file: StagedFile): void {
    this.failures.delete(file.id);
    this.put(file);
  }

  forget(id: StagedId): void {
    this.byId.delete(id);
    this.failures.delete(id);
    // The row is gone either way; Rust drops the file at the latest when the program ends.
    this.backend.fileForget(id).catch(() => undefined);
  }
}
