import { describe, expect, it } from 'vitest';
import { shortName, splitName } from '../parts/split-name';
import { cost } from '../timeline/cost';
import { en } from './en';
import { bytes, clock, dayHeading, duration, tick, when } from './format';
import { zh } from './zh';

const at = (day: number, hour: number, minute: number, year = 2026, month = 10) => new Date(year, month, day, hour, minute).getTime();

describe('times', () => {
  it('of runs count in minutes and seconds', () => {
    expect([0, 52_400, 68_000, 3_723_000].map(clock)).toEqual(['0:00', '0:52', '1:08', '1:02:03']);
  });

  it('of steps show tenths below a minute', () => {
    expect(duration(120, en)).toBe('0.1 s');
    expect(duration(23_310, zh)).toBe('23.3 秒');
    expect(duration(68_000, en)).toBe('1:08');
  });

  it('on the axis are short', () => {
    expect([0, 200, 15_000, 120_000].map((ms) => tick(ms, en))).toEqual(['0 s', '0.2 s', '15 s', '2 min']);
  });

  it('of day are told as people do', () => {
    const now = at(21, 9, 0);
    expect(when(at(21, 8, 3), now, en)).toBe('Today 08:03');
    expect(when(at(20, 23, 59), now, zh)).toBe('昨天 23:59');
    expect(when(at(18, 11, 20), now, en)).toBe('18 Nov 11:20');
    expect(when(at(18, 11, 20, 2025), now, en)).toBe('18 Nov 2025 11:20');
    expect(dayHeading(at(21, 1, 0), now, en)).toBe('Today, 21 November');
    expect(dayHeading(at(18, 1, 0), now, en), 'within a week').toBe('Wednesday, 18 November');
    expect(dayHeading(at(18, 1, 0), now, zh)).toBe('星期三，11月18日');
    expect(dayHeading(at(14, 1, 0), now, en)).toBe('14 November');
  });
});

describe('sizes, costs and names', () => {
  it('count MB as servers do', () => {
    expect([0, 900, 184 * 1024, 2.4 * 1024 ** 2, 15 * 1024 ** 2].map((size) => bytes(size, en))).toEqual(['0\u00a0B', '900\u00a0B', '184\u00a0KB', '2.4\u00a0MB', '15\u00a0MB']);
  });

  it('show a cost only where there is one', () => {
    expect([cost('0.0313000', 'USD', en), cost('0.0000000', 'USD', en), cost(null, null, en)]).toEqual(['$0.0313', '', '']);
    expect(cost('0.5', 'not a currency', en)).toBe('0.5 not a currency');
  });

  it('keep the ending of a long file name', () => {
    expect(splitName('short.pdf')).toEqual(['short.pdf', '']);
    expect(splitName('Northwind MSA v4 (signed copy, scanned).pdf')[1]).toBe('anned).pdf');
    expect(shortName('short.pdf')).toBe('short.pdf');
    expect(shortName('Northwind MSA v4 (signed copy, scanned, second version).pdf')).toBe('Northwind MSA v4 (signed…d version).pdf');
  });
});

describe('words', () => {
  const shapeOf = (value: unknown): unknown => (typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)])) : typeof value);

  it('exist in both languages', () => {
    expect(shapeOf(zh)).toEqual(shapeOf(en));
  });

  it('use full-width punctuation between Chinese characters', () => {
    expect(JSON.stringify(zh)).not.toMatch(/[一-龥][,;:!?](?![\w/])/);
  });
});
