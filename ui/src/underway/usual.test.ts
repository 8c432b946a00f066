import { describe, expect, it } from 'vitest';
import type { RunHead } from '../ipc/gen/RunHead';
import type { UsualTime } from '../ipc/gen/UsualTime';
import { en } from '../text/en';
import { zh } from '../text/zh';
import { atWork, leftShort, stepsOf, timeSaid, usuallySaid } from './usual';

const s = 1000;
const min = 60 * s;
const time = (low: number, median: number, high: number, more: Partial<UsualTime> = {}): UsualTime => ({ low, median, high, late: high * 1.25 + 5 * s, steady: high <= 2 * low, ...more });

describe('the time left', () => {
  it('is rounded up, in words no finer than what is known', () => {
    const usual = time(4 * min, 5 * min, 6 * min);
    const at = (elapsed: number) => timeSaid(usual, elapsed, en);
    expect(at(0)).toBe('about 5 min left');
    expect(at(1 * s)).toBe('about 5 min left');
    expect(at(1 * min)).toBe('about 4 min left');
    expect(at(4 * min)).toBe('about 1 min left');
    expect(at(4 * min + 5 * s)).toBe('about 1 min left');
    expect(at(4 * min + 15 * s)).toBe('about 50 s left');
    expect(at(4 * min + 50 * s)).toBe('a few seconds left');
    expect(timeSaid(usual, 2 * min, zh)).toBe('约剩 3 分钟');
    expect(timeSaid(time(2.5 * 60 * min, 3 * 60 * min, 4 * 60 * min), 0, en)).toBe('about 3 h left');
  });

  it('only ever goes down, a second at a time', () => {
    const usual = time(80 * s, 130 * s, 150 * s);
    const seconds = (said: string) => (said.includes('few') ? 10 : Number(/\d+/.exec(said)?.[0]) * (said.includes('min') ? 60 : 1));
    let before = Infinity;
    for (let elapsed = 0; elapsed < 130 * s; elapsed += s) {
      const now = seconds(timeSaid(usual, elapsed, en));
      expect(now, `after ${elapsed}`).toBeLessThanOrEqual(before);
      expect(now * s, `rounded up after ${elapsed}`).toBeGreaterThanOrEqual(Math.min(130 * s - elapsed, 130 * s));
      before = now;
    }
  });

  it('is not told where runs differ much, nor past the usual', () => {
    const wide = time(1 * min, 2 * min, 3 * min, { steady: false });
    expect(timeSaid(wide, 0, en)).toBe('usually 1–3 min');
    expect(timeSaid(wide, 2.5 * min, zh)).toBe('通常需要 1–3 分钟');
    const steady = time(100 * s, 110 * s, 120 * s);
    expect(timeSaid(steady, 115 * s, en), 'it may be there any moment, or not').toBe('usually about 2 min');
    expect(leftShort(steady, 115 * s, en)).toBe('');
    expect(leftShort(steady, 0, en)).toBe('~2 min left');
  });

  it('says so when it takes longer than usual', () => {
    const usual = time(2 * min, 3 * min, 4 * min);
    expect(timeSaid(usual, 12 * min, en)).toBe('longer than usual (usually 2–4 min)');
    expect(timeSaid(usual, 12 * min, en, true)).toBe('longer than usual (12 min so far, usually 2–4 min)');
    expect(timeSaid(usual, 12 * min, zh, true)).toBe('比平时久（已用 12 分钟，通常需要 2–4 分钟）');
    expect(timeSaid(usual, 4 * min + s, en), 'a quarter of the runs takes that long').toBe('usually 2–4 min');
  });

  it('is nothing where nothing is known', () => {
    expect(timeSaid(null, 5 * min, en)).toBe('');
    expect(timeSaid(undefined, 5 * min, en)).toBe('');
    expect(leftShort(null, 0, en)).toBe('');
  });
});

it('short ranges are told in seconds, rounded up to the next five', () => {
  expect(usuallySaid(time(3.2 * s, 4 * s, 6 * s), en)).toBe('usually 4–6 s');
  expect(usuallySaid(time(21 * s, 30 * s, 42 * s), en)).toBe('usually 25–45 s');
  expect(usuallySaid(time(0, 0, 0), en)).toBe('usually about 1 s');
  expect(usuallySaid(time(70 * 60 * s, 100 * min, 170 * min), zh)).toBe('通常需要 2–3 小时');
});

describe('what a run is compared with past ones by', () => {
  const head = (status: RunHead['status'], more: Partial<RunHead> = {}) => ({ status, startedAt: 0, contact: null, ...more });
  const begun = { steps: [{ startedAt: 40 * s }], questions: [] };

  it('is the time since its first step: files may have taken theirs before', () => {
    expect(atWork(head('running'), begun, false, 60 * s)).toBe(20 * s);
    expect(atWork(head('running'), undefined, false, 60 * s), 'where the steps are not known').toBe(60 * s);
    expect(atWork(head('starting'), undefined, false, 60 * s), 'it has not begun').toBe(0);
  });

  it('is nothing while it is not at work, or nobody knows', () => {
    for (const status of ['preparing', 'uploading', 'stopping', 'waiting', 'paused', 'out_of_contact', 'succeeded'] as const) expect(atWork(head(status), begun, false, 60 * s), status).toBeNull();
    expect(atWork(head('running'), begun, true, 60 * s), 'it is being stopped').toBeNull();
    expect(atWork(head('running'), { ...begun, questions: [{}] }, false, 60 * s), 'nobody counts how long a person took').toBeNull();
    const contact = { heardAt: 0, nextTryAt: null, tries: 1, until: null, trouble: null };
    expect(atWork(head('running', { contact: { ...contact, goesOn: false } }), begun, false, 60 * s)).toBeNull();
    expect(atWork(head('running', { contact: { ...contact, goesOn: true } }), begun, false, 60 * s), 'the server says that it goes on').toBe(20 * s);
  });
});

it('the bar is there only while the steps done are fewer than usual', () => {
  expect(stepsOf({ time: null, steps: 14 }, 10)).toEqual({ done: 10, usually: 14 });
  expect(stepsOf({ time: null, steps: 14 }, 14), 'more are to come, nobody knows how many').toBeNull();
  expect(stepsOf({ time: null, steps: null }, 1)).toBeNull();
  expect(stepsOf(undefined, 1)).toBeNull();
});
