/** The keyboard in a long list, while it is still being read. */
import { describe, expect, it } from 'vitest';
import type { Backend } from '../ipc/backend';
import { fakeBackend, pastRuns } from '../ipc/fake';
import { Finder } from '../state/search.svelte';
import { Moves } from './moves.svelte';

const runs = pastRuns(5000);
const all = runs
  .map(({ head }) => head.id)
  .sort()
  .reverse();

/** A list whose pages come when they are let; those at first come at once. */
async function list() {
  const backend = fakeBackend({ runs });
  const waiting: (() => void)[] = [];
  let holds = false;
  const hold = async <T>(page: Promise<T>) => {
    if (holds) await new Promise<void>((resolve) => waiting.push(resolve));
    return page;
  };
  const holding: Backend = { ...backend, historyFind: (...given) => hold(backend.historyFind(...given)), historyLast: (...given) => hold(backend.historyLast(...given)) };
  const finder = new Finder(holding, null);
  await finder.find();
  await new Promise((resolve) => setTimeout(resolve));
  const shown: number[] = [];
  const moves = new Moves(finder, async (place) => void shown.push(place));
  const { picks } = finder;
  picks.go(finder.rows[0]?.head.id ?? null);
  return {
    finder,
    moves,
    picks,
    shown,
    hold: () => (holds = true),
    release() {
      holds = false;
      for (const go of waiting.splice(0)) go();
    },
    /** From the start: the place of the run at hand. */
    at: () => all.indexOf(picks.current ?? ''),
  };
}

describe('a step through a list that is being read', () => {
  it('goes to the last run of all, not to the last that was read', async () => {
    const { finder, moves, hold, release, at } = await list();
    hold();
    const ahead = finder.reach(90);
    const end = moves.to('last', false);
    expect(moves.moving).toBe(true);
    release();
    await Promise.all([ahead, end]);
    expect([at(), moves.moving]).toEqual([4999, false]);
  });

  it('goes to the first run of all while what lies above the end is being read', async () => {
    const { finder, moves, hold, release, at } = await list();
    await moves.to('last', false);
    hold();
    const above = finder.reachBack(80);
    const start = moves.to('first', false);
    release();
    await Promise.all([above, start]);
    expect([at(), finder.above]).toEqual([0, 0]);
  });

  it('of two that go to an end the later one counts', async () => {
    const { moves, shown, hold, release, at } = await list();
    hold();
    const end = moves.to('last', false);
    await new Promise((resolve) => setTimeout(resolve));
    const start = moves.to('first', false);
    release();
    await Promise.all([end, start]);
    expect([at(), shown], 'the end is not even passed').toEqual([0, [0]]);
  });

  it('begins where the one before has led to', async () => {
    const { moves, picks, hold, release, at } = await list();
    hold();
    const steps = [moves.to('last', false), moves.to(-1, false), moves.to(-2, true)];
    release();
    await Promise.all(steps);
    expect([at(), picks.picked.size], 'two more belong to the stretch').toEqual([4996, 3]);
    const more = [moves.to(-120, false), moves.to(1, false)];
    await Promise.all(more);
    expect(at(), 'what came in above moves nothing').toBe(4877);
  });

  it('leads nowhere any more where somebody went elsewhere, or another search came', async () => {
    const { finder, moves, picks, hold, release, at } = await list();
    hold();
    const end = moves.to('last', false);
    picks.go(all[7] ?? null);
    moves.leave();
    release();
    await end;
    expect(at()).toBe(7);
    hold();
    const again = moves.to('last', false);
    await new Promise((resolve) => setTimeout(resolve));
    finder.type('会议纪要');
    await new Promise((resolve) => setTimeout(resolve, 40));
    release();
    await again;
    await finder.settled();
    expect([finder.answered?.text, picks.current === finder.rows.at(-1)?.head.id], 'nothing in it was asked for').toEqual(['会议纪要', false]);
  });

  it('keeps the place of whoever clicks while an end is being read', async () => {
    const { finder, moves, picks, shown, hold, release, at } = await list();
    for (const [end, clicked] of [['last', 7], ['first', 4990]] as const) {
      hold();
      const way = moves.to(end, false);
      await new Promise((resolve) => setTimeout(resolve));
      expect(finder.loading, 'it is being read').toBe(true);
      picks.go(all[clicked] ?? null);
      moves.leave();
      const read = finder.rows;
      release();
      await way;
      expect([at(), finder.rows === read, moves.moving, finder.loading], `${end}: the run that was clicked stays in the list`).toEqual([clicked, true, false, false]);
      // What was left can be gone to all the same.
      await moves.to('last', false);
      expect(at()).toBe(4999);
    }
    expect(shown, 'the list was brought only to where somebody went').toHaveLength(2);
  });

  it('picks all, also while some are being read', async () => {
    const { finder, moves, picks, hold, release } = await list();
    hold();
    const ahead = finder.reach(90);
    const every = moves.all();
    release();
    await Promise.all([ahead, every]);
    expect(picks.picked.size).toBe(5000);
  });
});
