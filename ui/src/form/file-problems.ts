/** What is to be done about files before they are sent: problems of all fields, gathered by cause. Pure. */
import type { Field } from '../ipc/gen/Field';
import type { FileEntry } from '../ipc/gen/FileEntry';
import type { Issue } from '../ipc/gen/Issue';
import type { Problem } from '../ipc/gen/Problem';
import type { StagedFile } from '../ipc/gen/StagedFile';
import type { StagedId } from '../ipc/gen/StagedId';
import { causeOf, isOfFiles, type Cause } from './causes';

export interface Place {
  field: Field;
  index: number;
}

export interface Item extends Place {
  /** Null: a link. */
  id: StagedId | null;
  name: string;
  extension: string;
  size: number;
  /** The file it is the same as. */
  other: string | null;
}

export interface Group {
  key: string;
  cause: Cause;
  /** The user may send it all the same. */
  warning: boolean;
  /** Where all of them stand, as far as that matters for the fix. */
  field: Field;
  /** Largest size or number that is accepted. */
  limit: number;
  items: Item[];
}

interface Filled {
  fields: Field[];
  problems: Problem[];
  filesOf: (variable: string) => FileEntry[];
  staged: (id: StagedId) => StagedFile | undefined;
}

/** What stops the run comes first, then what the user may decide; in the order of the form. */
export function fileProblems({ fields, problems, filesOf, staged }: Filled): Group[] {
  const groups = new Map<string, Group>();
  const itemAt = (field: Field, index: number): Item | null => {
    const entry = filesOf(field.variable)[index];
    if (!entry) return null;
    const file = entry.kind === 'staged' ? staged(entry.value) : undefined;
    const name = entry.kind === 'link' ? entry.value : (file?.name ?? '');
    return { field, index, id: entry.kind === 'staged' ? entry.value : null, name, extension: file?.extension ?? '', size: file?.size ?? 0, other: null };
  };
  for (const problem of problems) {
    const field = fields.find((candidate) => candidate.variable === problem.variable);
    if (!field || !isOfFiles(problem.issue)) continue;
    const cause = causeOf(problem.issue);
    const key = keyOf(cause, problem);
    const group = groups.get(key) ?? { key, cause, warning: problem.warning, field, limit: limitOf(problem.issue), items: [] };
    groups.set(key, group);
    const indices = problem.issue.code === 'too_many_files' ? filesOf(field.variable).map((_, index) => index).slice(problem.issue.max) : problem.fileIndex === null ? [] : [problem.fileIndex];
    for (const index of indices) {
      const item = itemAt(field, index);
      if (!item) continue;
      const { issue } = problem;
      const twin = issue.code === 'file_twice' ? fields.find((candidate) => candidate.variable === issue.variable) : undefined;
      if (twin && issue.code === 'file_twice') item.other = itemAt(twin, issue.index)?.name ?? null;
      group.items.push(item);
    }
  }
  return [...groups.values()].filter((group) => group.items.length > 0).sort((one, other) => Number(one.warning) - Number(other.warning));
}

/** What is said of a cause depends on its field, or on the limit. */
function keyOf(cause: Cause, { variable, issue }: Problem): string {
  if (cause === 'kind' || cause === 'too_many') return `${cause} ${variable}`;
  return issue.code === 'file_too_large' ? `${cause} ${issue.limit}` : cause;
}

function limitOf(issue: Issue): number {
  return issue.code === 'file_too_large' ? issue.limit : issue.code === 'too_many_files' ? issue.max : 0;
}

/** Which of the ways to take a password out are of use for these files. */
export function waysOut(items: Item[]): ('pdf' | 'office' | 'odf' | 'archive')[] {
  const families = { pdf: ['pdf'], office: ['doc', 'docx', 'xls', 'xlsx', 'ppt', 'pptx'], odf: ['odt', 'ods', 'odp'], archive: ['zip'] };
  return (['pdf', 'office', 'odf', 'archive'] as const).filter((family) => items.some((item) => families[family].includes(item.extension)));
}
