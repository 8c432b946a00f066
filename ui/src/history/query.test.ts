/** What of a search are words, and that the page knows the fields of the search. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fieldNames, hasWords } from './query';

describe('words of a search', () => {
  it('are also those with a colon that name no field', () => {
    for (const text of ['error:timeout', 'Note:abc', '12:30', 'status:failed error:timeout', 'tag: zeppelin', '"app:x"', '「通知期」', 'https://example.test', 'a-b', '标题：合同', '-x "a b"']) {
      expect(hasWords(text, []), text).toBe(true);
    }
  });

  it('are not fields in any of their names, what must not occur, nor signs', () => {
    for (const text of ['', '  ', 'status:failed', 'STATE:failed', 'ｔａｇ：x', '标签：合同', '文件名︰a.pdf', 'app:"Contract review"', 'app:「合同」', '-x', '－x', '-"a b"', '-note:x', 'took:>5', 'tag:', '"', '…']) {
      expect(hasWords(text, []), text).toBe(false);
    }
  });

  it('are also values that no field knows', () => {
    expect(hasWords('tag:x  status:zeppelin', [{ kind: 'value_not_understood', from: 7, to: 22 }])).toBe(true);
    expect(hasWords('-status:zeppelin', [{ kind: 'value_not_understood', from: 0, to: 16 }])).toBe(false);
  });

  it('are told from the same fields as in the search', () => {
    const source = readFileSync(join(import.meta.dirname, '../../../src-tauri/src/model/query/fields.rs'), 'utf8');
    const list = /FIELDS: Words<Field> = &\[([\s\S]*?)\n\];/.exec(source)?.[1] ?? '';
    const names = [...list.matchAll(/"([^"]+)"/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(40);
    expect([...fieldNames]).toEqual(names);
  });
});
