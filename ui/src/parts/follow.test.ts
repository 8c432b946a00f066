import { expect, it } from 'vitest';
import { Follow } from './follow';

const box = (scrollTop: number, scrollHeight: number) => ({ scrollTop, scrollHeight, clientHeight: 100 });

it('goes on following when the text has grown before the scroll is reported', () => {
  const follow = new Follow();
  expect(follow.scrolled(box(100, 200), true)).toBe(true);
  expect(follow.scrolled(box(200, 500), true)).toBe(true);
});

it('stops when the user scrolls up, and goes on from the end', () => {
  let now = 0;
  const follow = new Follow(() => now);
  follow.scrolled(box(400, 500), true);
  follow.touched();
  now += 200;
  expect(follow.scrolled(box(300, 500), true), 'a wheel sets it going for a moment').toBe(false);
  now += 5000;
  expect(follow.scrolled(box(350, 500), false)).toBe(false);
  expect(follow.scrolled(box(400, 500), false)).toBe(true);
});

it('goes on following when the place was lost without the user, such as when the text is drawn anew', () => {
  let now = 10_000;
  const follow = new Follow(() => now);
  follow.scrolled(box(400, 500), true);
  expect(follow.scrolled(box(0, 600), true)).toBe(true);
  follow.touched();
  now += 5000;
  follow.scrolled(box(500, 600), true);
  expect(follow.scrolled(box(0, 700), true), 'a wheel of long ago did not do it').toBe(true);
});

it('hears the user at the element, as long as the scroll bar is held', () => {
  let now = 0;
  const element = document.createElement('div');
  const follow = new Follow(() => now);
  const end = follow.hear(element);
  follow.scrolled(box(400, 500), true);
  element.dispatchEvent(new Event('pointerdown'));
  now += 60_000;
  expect(follow.scrolled(box(300, 500), true)).toBe(false);
  window.dispatchEvent(new Event('pointerup'));
  now += 60_000;
  follow.scrolled(box(400, 500), true);
  expect(follow.scrolled(box(300, 500), true), 'let go long ago').toBe(true);
  end();
  follow.scrolled(box(400, 500), true);
  element.dispatchEvent(new Event('wheel'));
  expect(follow.scrolled(box(300, 500), true), 'nobody listens any more').toBe(true);
});

it('lets the user go up although a busy computer reports it late', () => {
  let now = 0;
  const element = document.createElement('div');
  const follow = new Follow(() => now);
  const end = follow.hear(element);
  follow.scrolled(box(400, 500), true);
  element.dispatchEvent(new WheelEvent('wheel', { deltaY: -50 }));
  now += 2000;
  expect(follow.scrolled(box(300, 500), true)).toBe(false);
  expect(follow.scrolled(box(400, 500), false)).toBe(true);
  expect(follow.scrolled(box(300, 500), true), 'it counts once').toBe(true);
  end();
});

it('lets the user go up although the way to the end was not reported', () => {
  const element = document.createElement('div');
  const follow = new Follow();
  const end = follow.hear(element);
  element.dispatchEvent(new WheelEvent('wheel', { deltaY: -50 }));
  expect(follow.scrolled(box(300, 500), true)).toBe(false);
  end();
});
