/** What fields need of whatever is filled in: the form of an app, or the answer to a question. */
import type { Entries } from '../ipc/backend';
import type { AppId } from '../ipc/gen/AppId';
import type { Entry } from '../ipc/gen/Entry';
import type { Field } from '../ipc/gen/Field';
import type { FileEntry } from '../ipc/gen/FileEntry';
import type { Problem } from '../ipc/gen/Problem';
import type { StagedFile } from '../ipc/gen/StagedFile';
import type { StagedId } from '../ipc/gen/StagedId';

export interface Filling {
  readonly appId: AppId;
  /** Tells the ids of its fields from those of others on the same page. */
  readonly prefix: string;
  readonly entries: Entries;
  readonly fields: Field[];
  readonly problems: Problem[];
  text(field: Field): string;
  flag(field: Field): boolean;
  filesOf(variable: string): FileEntry[];
  problemsOf(variable: string): Problem[];
  change(variable: string, entry: Entry): void;
  leave(variable: string): void;
  /** Opens the system's dialog for a file field; nothing when it was cancelled. */
  choose(variable: string, title: string, filterName: string, anyName: string): Promise<StagedFile[]>;
  addFiles(field: Field, added: StagedFile[]): Promise<void>;
  /** Another file takes the place of one. */
  replaceFile(field: Field, index: number, file: StagedFile): Promise<void>;
  /** Removes several at once; the result puts them back. */
  removeFiles(places: { field: Field; index: number }[]): () => void;
  /** The user knows, and sends them all the same. */
  accept(code: 'file_locked' | 'file_twice', places: { field: Field; index: number }[]): void;
  check(): Promise<Problem[]>;
  /** Asks again if files are named, which may have changed. */
  lookAgain(): void;
  addLink(field: Field, link: string): void;
  removeFile(field: Field, index: number): void;
  upload(id: StagedId): Promise<void>;
}
