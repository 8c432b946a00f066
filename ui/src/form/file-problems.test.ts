import { describe, expect, it } from 'vitest';
import { stagedFile } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import type { FileEntry } from '../ipc/gen/FileEntry';
import type { Issue } from '../ipc/gen/Issue';
import type { Problem } from '../ipc/gen/Problem';
import { fileProblems, waysOut } from './file-problems';

const fields = demoApps()[0]?.form.fields ?? [];
const list = fields.find((field) => field.control.type === 'file_list');
const variable = list?.variable ?? '';
const names = ['a.pdf', 'b.zip', 'c.exe', 'd.png', 'e.docx', 'f.pdf'];
const staged = new Map(names.map((name) => [`file-${name}`, stagedFile(name)]));
const entries: FileEntry[] = [...staged.keys()].map((value) => ({ kind: 'staged', value }));

const problem = (fileIndex: number | null, issue: Issue, warning = false): Problem => ({ variable, fileIndex, issue, server: null, warning });
const gathered = (problems: Problem[], files = entries) => fileProblems({ fields, problems, filesOf: (name) => (name === variable ? files : []), staged: (id) => staged.get(id) });
const told = (problems: Problem[]) => gathered(problems).map((group) => [group.cause, ...group.items.map((item) => item.name)]);

describe('problems of files', () => {
  it('are gathered by cause, and what only needs a decision comes last', () => {
    expect(
      told([
        problem(4, { code: 'file_locked' }, true),
        problem(1, { code: 'file_kind_refused', extension: 'zip' }),
        problem(0, { code: 'file_empty' }),
        problem(2, { code: 'file_kind_refused', extension: 'exe' }),
      ]),
    ).toEqual([
      ['kind', 'b.zip', 'c.exe'],
      ['empty', 'a.pdf'],
      ['locked', 'e.docx'],
    ]);
  });

  it('tell pictures, which can be made smaller, from other large files and each limit apart', () => {
    const large = (index: number, limit: number, canShrink: boolean) => problem(index, { code: 'file_too_large', size: 99, limit, canShrink });
    const groups = gathered([large(3, 10, true), large(0, 15, false), large(4, 15, false)]);
    expect(groups.map((group) => [group.cause, group.limit, group.items.length])).toEqual([
      ['picture', 10, 1],
      ['too_large', 15, 2],
    ]);
  });

  it('name those that are too many: the last ones', () => {
    expect(told([problem(null, { code: 'too_many_files', max: 4 })])).toEqual([['too_many', 'e.docx', 'f.pdf']]);
  });

  it('name the file that another one is the same as', () => {
    expect(gathered([problem(5, { code: 'file_twice', variable, index: 0 }, true)])[0]?.items[0]?.other).toBe('a.pdf');
  });

  it('leave out what is no matter of files, and files that were taken out meanwhile', () => {
    expect(told([problem(null, { code: 'required' }), problem(0, { code: 'file_not_uploaded' }), problem(9, { code: 'file_empty' })])).toEqual([]);
  });

  it('say how to take out the password of just these kinds', () => {
    const items = gathered([problem(0, { code: 'file_locked' }, true), problem(4, { code: 'file_locked' }, true)])[0]?.items ?? [];
    expect(waysOut(items)).toEqual(['pdf', 'office']);
  });
});
