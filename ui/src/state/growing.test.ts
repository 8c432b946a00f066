import { describe, expect, it } from 'vitest';
import { GrowingText, isBlank } from './growing';

const begin = (text: string) => GrowingText.of({ source: 'x', text });

describe('text that grows', () => {
  it('reads as what was put together, from any place to any other', () => {
    let text = begin('One');
    let whole = 'One';
    for (let at = 0; at < 3000; at++) {
      text = text.grown(` and ${at}`);
      whole += ` and ${at}`;
    }
    expect(text.text).toBe(whole);
    expect(text.length).toBe(whole.length);
    for (const [from, to] of [[0, 5], [16_000, 17_000], [whole.length - 4, whole.length], [16_384, 16_385]] as const) expect(text.from(from, to)).toBe(whole.slice(from, to));
  });

  it('leaves an earlier moment of it as it was', () => {
    const before = begin('One');
    const after = before.grown(' two');
    expect(before.text).toBe('One');
    expect(after.continues(before)).toBe(true);
    expect(before.continues(after)).toBe(false);
  });

  it('can go on in two ways from one moment', () => {
    const before = begin('One');
    const [left, right] = [before.grown(' two'), before.grown(' three')];
    expect([left.text, right.text]).toEqual(['One two', 'One three']);
    expect(right.continues(left)).toBe(false);
  });

  it('is a part of a run like any other', () => {
    expect(begin('One').grown(' two')).toEqual({ source: 'x', text: 'One two' });
  });

  it('is blank while there is nothing to read in it', () => {
    expect(isBlank(begin(' \n').grown(' '.repeat(600)))).toBe(true);
    expect(isBlank(begin(' '.repeat(300)).grown('a'))).toBe(false);
  });
});
