import { describe, expect, it } from 'vitest';
import { step } from '../timeline/step-made';
import { GrowingText, isBlank, thinksOn, thoughtOf } from './growing';

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

describe('what a step thinks', () => {
  const moment = (reasoning: string) => step('a', { reasoning });

  it('goes on where it was, without anybody reading all of it', () => {
    const [one, two] = [moment('Let me'), moment('Let me see')];
    const before = thoughtOf(one);
    thinksOn(two, one);
    expect(thoughtOf(two).text).toBe('Let me see');
    expect(thoughtOf(two).continues(before), 'only what is new is drawn').toBe(true);
  });

  it('is another one where it became shorter', () => {
    const [one, two] = [moment('Let me see'), moment('No')];
    const before = thoughtOf(one);
    thinksOn(two, one);
    expect(thoughtOf(two).text).toBe('No');
    expect(thoughtOf(two).continues(before)).toBe(false);
  });
});
