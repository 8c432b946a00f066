import { expect, test } from 'vitest';
import { en } from '../text/en';
import { zh } from '../text/zh';
import { nextTick, timeLeft } from './countdown';

const minute = 60_000;
const hour = 60 * minute;

test('what is left is told coarsely, and never more than there is', () => {
  const told = [72 * hour, 25 * hour, 3.2 * hour, 1 * hour, 4.9 * minute, 59_500, 900, 0].map((left) => timeLeft(left, en));
  expect(told).toEqual(['3 days left', 'About 25 hours left', 'About 3 hours left', 'About 1 hour left', '4 min left', '60 s left', '1 s left', null]);
  expect(timeLeft(4 * minute, zh)).toBe('还剩 4 分钟');
});

test('the clock ticks once a minute, and every second only in the last one', () => {
  expect(nextTick(3 * hour)).toBe(minute);
  expect(nextTick(90_000)).toBe(30_001);
  expect(nextTick(30_000)).toBe(1000);
  expect(nextTick(0)).toBeNull();
});
