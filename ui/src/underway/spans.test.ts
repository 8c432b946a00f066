import { expect, it } from 'vitest';
import { en } from '../text/en';
import { zh } from '../text/zh';
import { span } from './spans';

it('says a span in the largest unit that is still exact enough', () => {
  expect([0, 1000, 38_400, 89_000, 95_000, 30 * 60_000, 100 * 60_000].map((ms) => span(ms, en))).toEqual(['0 seconds', '1 second', '38 seconds', '89 seconds', '2 minutes', '30 minutes', '2 hours']);
  expect(span(-5, en), 'clocks jump').toBe('0 seconds');
  expect(span(38_400, zh)).toBe('38 秒');
});
