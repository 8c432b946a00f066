import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../ipc/gen/serde_json/JsonValue';
import { linesOf, openAtFirst, pathOf, pathText, search, wayTo } from './tree';

const value: JsonValue = { a: { 'b/c': [{ d: 'needle' }, { 'two words': 1 }] }, '~x': null, 'naïve': 'Needle', 中文: [] };

describe('a tree of values', () => {
  it('has a line for all that is open', () => {
    const open = openAtFirst(value);
    expect(linesOf(value, (id) => open.has(id)).map((line) => [line.id, line.level, line.size])).toEqual([
      ['/a', 1, 1], ['/a/b~1c', 2, 2], ['/~0x', 1, null], ['/naïve', 1, null], ['/中文', 1, 0],
    ]);
  });

  it('finds names and values, and the way to them', () => {
    expect(search(value, 'needle')).toEqual(['/a/b~1c/0/d', '/naïve']);
    expect(search(value, 'WORDS')).toEqual(['/a/b~1c/1/two words']);
    expect(wayTo('/a/b~1c/0/d')).toEqual(['/a/b~1c/0', '/a/b~1c', '/a']);
    expect(search(value, '')).toEqual([]);
  });

  it('calls a place as workflows do', () => {
    expect(pathText(pathOf(value, '/a/b~1c/0/d'))).toBe('a["b/c"][0].d');
    expect(pathText(pathOf({ a: { b: [0, 0, 0, { c: 1 }] } }, '/a/b/3/c'))).toBe('a.b[3].c');
    expect(pathText(pathOf(value, '/中文'))).toBe('中文');
    // A key that looks like a number is one of a list only in a list.
    expect(pathText(pathOf({ '0': [1] }, '/0/0'))).toBe('["0"][0]');
  });

  it('of 100,000 entries is listed and searched in a moment', () => {
    const large = Array.from({ length: 100_000 }, (_, n) => ({ n, name: `entry ${n}` }));
    const begun = performance.now();
    expect(linesOf(large, () => false)).toHaveLength(100_000);
    expect(search(large, 'entry 99999')).toEqual(['/99999/name']);
    // Ten times what it takes here.
    expect(performance.now() - begun).toBeLessThan(3000);
  });
});
