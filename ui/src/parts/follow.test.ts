import { expect, it } from 'vitest';
import { Follow } from './follow';

const box = (scrollTop: number, scrollHeight: number) => ({ scrollTop, scrollHeight, clientHeight: 100 });

it('goes on following when the text has grown before the scroll is reported', () => {
  const follow = new Follow();
  expect(follow.scrolled(box(100, 200), true)).toBe(true);
  expect(follow.scrolled(box(200, 500), true)).toBe(true);
});

it('stops when the user scrolls up, and goes on from the end', () => {
  const follow = new Follow();
  follow.scrolled(box(400, 500), true);
  expect(follow.scrolled(box(300, 500), true)).toBe(false);
  expect(follow.scrolled(box(350, 500), false)).toBe(false);
  expect(follow.scrolled(box(400, 500), false)).toBe(true);
});
