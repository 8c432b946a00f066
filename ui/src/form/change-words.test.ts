import { describe, expect, it } from 'vitest';
import type { FieldChange } from '../ipc/gen/FieldChange';
import { en } from '../text/en';
import { zh } from '../text/zh';
import { differentText, entryText, labelsOf } from './change-words';

const changes: FieldChange[] = [
  { variable: 'a', label: 'Language', change: { kind: 'new' } },
  { variable: 'b', label: 'Tone', change: { kind: 'new' } },
  { variable: 'c', label: 'Length', change: { kind: 'different', what: [{ code: 'required' }, { code: 'options', added: ['tiny'], gone: ['long', 'huge'] }] } },
];

describe('what changed in a form', () => {
  it('is said by its labels', () => {
    expect(labelsOf(changes, 'new', en)).toBe('“Language” and “Tone”');
    expect(labelsOf(changes, 'gone', en)).toBe('');
    expect(labelsOf([{ variable: 'sys.files', label: 'sys.files', change: { kind: 'gone' } }], 'gone', zh)).toBe('“文件”');
  });

  it('is said with what it means to whoever fills it in', () => {
    expect(differentText(changes[2] as FieldChange, en)).toBe('“Length”: has to be filled in now; new choices: “tiny”; no longer offered: “long” and “huge”');
    expect(differentText(changes[2] as FieldChange, zh)).toContain('现为必填；新增选项：“tiny”；不再提供：');
  });

  it('keeps entries readable', () => {
    const none = () => undefined;
    expect(entryText({ kind: 'text', value: ' a\nb ' }, none, en), 'exactly as it was typed').toBe(' a\nb ');
    expect(entryText({ kind: 'text', value: '  ' }, none, en)).toBe('');
    expect(entryText({ kind: 'flag', value: true }, none, en)).toBe('Yes');
    expect(entryText({ kind: 'files', value: [{ kind: 'link', value: 'https://x/y' }, { kind: 'staged', value: 'f' }] }, none, en)).toBe('https://x/y\nA file chosen earlier');
  });
});
