/** What fields need of whatever is filled in: the form of an app, or the answer to a question. */
import type { Entries } from '../ipc/backend';
import type { AppId } from '../ipc/gen/AppId';
import type { Entry } from '../ipc/gen/Entry';
import type { Field } from '../ipc/gen/Field';
import type { FileEntry } from '../ipc/gen/FileEntry';
import type { Issue } from '../ipc/gen/Issue';
import type { Problem } from '../ipc/gen/Problem';
import type { StagedFile } from '../ipc/gen/StagedFile';
import type { StagedId } from '../ipc/gen/StagedId';
import type { WhyNotFetched } from '../ipc/gen/WhyNotFetched';

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
  /** For each file what keeps the field from taking it: Rust's word. */
  fits(variable: string, ids: StagedId[]): Promise<(Issue | null)[]>;
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
  /** Where the field takes no links, what they lead to is fetched here. */
  addLinks(field: Field, links: string[]): void;
  removeFile(field: Field, index: number): void;
  /** Empties a field; the result puts everything back. */
  removeAll(field: Field): () => void;
  /** Links that are being fetched to this computer. */
  readonly fetching: ReadonlySet<string>;
  /** Why links could not be fetched. */
  readonly unfetched: ReadonlyMap<string, WhyNotFetched>;
  /** Fetches a link here, to put the file in its place; its name once it is there. */
  fetchLink(field: Field, link: string): Promise<string | null>;
  stopFetching(link: string): void;
  upload(id: StagedId): Promise<void>;
}
