import { describe, expect, it } from 'vitest';
import type { Field } from '../ipc/gen/Field';
import { en } from '../text/en';
import { zh } from '../text/zh';
import { causeOf, helpText, isOfFiles, rowText, type Cause, type FileIssue } from './causes';
import { problemText } from './issues';

const mb = 1024 * 1024;
const limits = { document: 15 * mb, image: 10 * mb, audio: 50 * mb, video: 100 * mb, filesPerField: 10 };
const field: Field = { variable: 'docs', label: 'Documents', required: true, hidden: false, hint: null, placeholder: null, control: { type: 'file_list', maxCount: 5, rules: { kinds: ['document'], extensions: [], methods: ['local_file'] } } };
const help = (cause: Cause, files: number, t = en, limit = 5) => helpText({ cause, field, limit, items: Array.from({ length: files }) }, limits, t);

describe('why a file cannot be sent', () => {
  it('is told at its row and in the list from one place', () => {
    const large: FileIssue = { code: 'file_too_large', size: 22 * mb, limit: 15 * mb, canShrink: false };
    expect(rowText(large, en)).toBe('Too large: 22\u00a0MB, limit 15\u00a0MB');
    expect(help(causeOf(large), 1, en, 15 * mb)).toMatch(/^At most 15\u00a0MB\. Split the file/);
    expect(causeOf({ ...large, canShrink: true }), 'that one can be made smaller here').toBe('picture');
    expect(rowText({ code: 'file_kind_refused', extension: 'exe' }, zh)).toBe('此处不接受 EXE 文件');
    expect(help('kind', 2)).toBe('“Documents” accepts: Documents, up to 15\u00a0MB each.');
    expect(help('too_many', 2)).toBe('“Documents” takes at most 5 files.');
  });

  it('speaks of several files where there are several', () => {
    for (const cause of Object.keys(en.checks.causes) as Cause[]) expect(`${en.checks.causes[cause].title(2)} ${help(cause, 2)}`, cause).not.toMatch(/\b(it|file is|picture is)\b/);
  });

  it('has words of its own for each cause, in both languages', () => {
    for (const t of [en, zh]) {
      const causes = Object.keys(t.checks.causes) as Cause[];
      expect(new Set(causes.map((cause) => t.checks.causes[cause].title(1))).size).toBe(causes.length);
      for (const cause of causes) expect(help(cause, 1, t), cause).not.toBe('');
    }
  });

  it('names the file that another is the same as, where it is known', () => {
    const problem = { variable: 'docs', fileIndex: 1, issue: { code: 'file_twice' as const, variable: 'docs', index: 0 }, server: null, warning: true };
    expect(problemText(problem, field, en, () => 'a.pdf')).toBe('The same as a.pdf');
    expect(problemText(problem, field, en)).toBe('This file is here already');
  });

  it('is no matter of files for other entries', () => {
    expect(isOfFiles({ code: 'required' })).toBe(false);
  });
});
