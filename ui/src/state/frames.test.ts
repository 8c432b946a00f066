import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Frames } from './frames';

/** How long the page was kept busy so far, on top of what the fake clock counts. */
let busy = 0;

beforeEach(() => {
  busy = 0;
  vi.useFakeTimers();
  const clock = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => clock() + busy);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** How often it is called back within a second, asked every 5 ms, each call keeping the page busy for so long. */
function called(cost: number): number {
  let times = 0;
  const frames = new Frames(() => {
    times++;
    busy += cost;
  });
  while (Math.round(performance.now()) < start + 1000) {
    frames.ask();
    vi.advanceTimersByTime(5);
  }
  return times;
}
let start = 0;
beforeEach(() => (start = performance.now()));

describe('frames', () => {
  it('call back with every frame, as long as that costs little', () => {
    const times = called(1);
    expect(times, '60 frames a second').toBeGreaterThan(50);
    expect(times).toBeLessThan(65);
  });

  it('call back with the next frame where a drawing takes about two of them', () => {
    expect(called(30), 'as often as it can be drawn').toBeGreaterThan(18);
  });

  it('call back less often where it takes long, so that the page stays usable', () => {
    const times = called(60);
    expect(times * 60, 'half a second, and the frame that was begun').toBeLessThanOrEqual(600);
    expect(times).toBeGreaterThan(4);
  });

  it('show what is old even where a drawing takes for ever', () => {
    expect(called(300)).toBeGreaterThanOrEqual(2);
  });

  it('call back in a window that nobody sees, which has no frames', () => {
    vi.stubGlobal('requestAnimationFrame', () => 0);
    expect(called(0)).toBeGreaterThanOrEqual(1);
  });

  it('call nothing back any more once that is needless', () => {
    const call = vi.fn();
    const frames = new Frames(call);
    frames.ask();
    frames.cancel();
    vi.advanceTimersByTime(500);
    expect(call).not.toHaveBeenCalled();
  });
});
