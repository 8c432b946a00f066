import { describe, expect, it } from 'vitest';
import { stagedFile } from '../ipc/fake';
import { en } from '../text/en';
import { zh } from '../text/zh';
import { leftOut, letGoText, thingsOf, verdict } from './arrival';

describe('what arrived', () => {
  it('is judged by Rust’s word on each file, then by the room', () => {
    const files = ['a.pdf', 'b.zip', 'c.pdf', 'd.zip', 'e.pdf', 'f.pdf'].map((name) => stagedFile(name));
    const refused = { code: 'file_kind_refused', extension: 'zip' } as const;
    const large = { code: 'file_too_large', size: 20, limit: 15 * 1024 * 1024, canShrink: false } as const;
    const { taken, reasons } = verdict(files, [null, refused, large, refused, null, null], 2, 10, en);
    expect(taken.map((file) => file.name)).toEqual(['a.pdf', 'e.pdf']);
    expect(reasons, 'the most frequent first, and what is too much last').toEqual(['2 ZIP files are not accepted here', '1 file is larger than 15\u00a0MB', '1 file more than the 10 that fit']);
  });

  it('is taken where it is a picture that can be made smaller, and that is said', () => {
    const large = { code: 'file_too_large', size: 20, limit: 1024 * 1024, canShrink: true } as const;
    const { taken, reasons, notes } = verdict(['a.png', 'b.txt'].map((name) => stagedFile(name)), [large, null], 5, 5, en);
    expect(taken.map((file) => file.name)).toEqual(['a.png', 'b.txt']);
    expect(reasons).toEqual([]);
    expect(notes).toEqual(['1 picture is larger than 1\u00a0MB. A smaller copy can be made in the form.']);
  });

  it('is named with its parts', () => {
    const load = { files: { length: 2 }, folders: { length: 1 }, links: { length: 0 } };
    expect(thingsOf(load, en)).toBe('2 files and 1 folder');
    expect(thingsOf(load, zh)).toContain('2 个文件');
    expect(letGoText({ names: [], folders: 1, links: 0 }, en)).toBe('Let go to look into the folder');
    expect(letGoText({ names: [], folders: 0, links: 2 }, en)).toBe('Let go to add 2 links');
  });

  it('says what of a folder was left out, and nothing where nothing was', () => {
    const found = { files: [], size: 0, hidden: 3, links: 1, unreadable: 0, cut: false };
    expect(leftOut(found, en)).toBe('Left out: 3 hidden or temporary files and 1 link to another folder.');
    expect(leftOut({ ...found, hidden: 0, links: 0 }, en)).toBeNull();
  });
});
