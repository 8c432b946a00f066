import { expect, it } from 'vitest';
import { axisFor, span } from './axis';

it('has nice ticks, six at most', () => {
  for (const total of [0, 300, 7000, 45_000, 68_000, 1_000_000, 90_000_000]) expect(axisFor(total, false).ticks.length, String(total)).toBeLessThanOrEqual(6);
  expect(axisFor(45_000, false).tick).toBe(10_000);
});

it('grows in steps while a run goes on, and never shrinks', () => {
  const ends = Array.from({ length: 400 }, (_, index) => axisFor(index * 250, true).end);
  for (let at = 1; at < ends.length; at++) expect(ends[at]).toBeGreaterThanOrEqual(ends[at - 1] ?? 0);
  expect(new Set(ends).size).toBeLessThan(60);
});

it('keeps bars on the axis', () => {
  const axis = axisFor(1000, false);
  expect(span(axis, 0, 250, 500)).toEqual({ left: 25, width: 25 });
  expect(span(axis, 0, -500, 5000)).toEqual({ left: 0, width: 100 });
});
