import { describe, expect, it } from 'vitest';
import { byText, findAll, folded, mostHits, pieces } from './find';

const found = (text: string, wanted: string) => findAll([text], wanted).map(({ start, end }) => text.slice(start, end));

describe('finding in a document', () => {
  it('takes no notice of case, accents and the kind of blanks', () => {
    expect(found('Grün, GRÜN, grun', 'grün')).toEqual(['Grün', 'GRÜN', 'grun']);
    expect(found('the notice\u00a0 period\nof 90 days', 'Notice period of')).toEqual(['notice\u00a0 period\nof']);
    expect(found('Ελλάδα', 'ελλαδα')).toEqual(['Ελλάδα']);
  });

  it('finds Chinese words across the end of a line, and keeps Hangul and kana apart', () => {
    expect(found('通知\n期限为九十天', '通知期限')).toEqual(['通知\n期限']);
    expect(found('가각', '가')).toEqual(['가']);
    expect(found('がか', 'か'), 'another letter, not the same with an accent').toEqual(['か']);
  });

  it('keeps each letter at its place', () => {
    for (const text of ['İstanbul ﬁne ẞ', 'Å ångström', '𝔸b 😀 c']) expect(folded(text)).toHaveLength(text.length);
    expect(found('İstanbul is far', 'far')).toEqual(['far']);
  });

  it('takes signs of patterns for what they are', () => {
    expect(found('a.b (1+1) [x] a\\b a-b /', '(1+1) [x]')).toEqual(['(1+1) [x]']);
    expect(found('axb a.b', 'a.b')).toEqual(['a.b']);
    for (const sign of '\\^$.*+?()[]{}|/-') expect(found(`x${sign}y`, sign), sign).toEqual([sign]);
    expect(found('anything', '   '), 'blanks alone look for nothing').toEqual([]);
  });

  it('stops where it helps nobody any more', () => {
    expect(findAll(['a'.repeat(mostHits * 2)], 'a')).toHaveLength(mostHits);
  });

  it('cuts a text into what was found and what stands between', () => {
    const texts = ['one two', 'two two'];
    const hits = findAll(texts, 'two');
    const second = byText(hits).get(1);
    expect(second?.first, 'numbers go on').toBe(1);
    expect(pieces('two two', second?.hits ?? [], 1)).toEqual([{ text: 'two', hit: 1 }, { text: ' ', hit: null }, { text: 'two', hit: 2 }]);
    expect(pieces('none', [], 0)).toEqual([{ text: 'none', hit: null }]);
  });
});
