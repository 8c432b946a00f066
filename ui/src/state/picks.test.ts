/** Which run is at hand, and which are picked. */
import { describe, expect, it } from 'vitest';
import type { PastRun } from '../ipc/gen/PastRun';
import { Picks } from './picks.svelte';

const rows = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ head: { id } }) as PastRun);

describe('picks', () => {
  it('are those that were picked, else the one at hand', () => {
    const picks = new Picks();
    expect(picks.chosen).toEqual([]);
    picks.go('b');
    expect(picks.chosen).toEqual(['b']);
    picks.toggle('d', true);
    expect(picks.chosen, 'with Ctrl the one at hand belongs to it').toEqual(['b', 'd']);
    expect([picks.is('b'), picks.is('c')]).toEqual([true, false]);
    picks.toggle('b', true);
    expect(picks.chosen).toEqual(['d']);
    picks.go('c');
    expect([picks.chosen, picks.picked.size], 'going on lets go').toEqual([['c'], 0]);
  });

  it('are picked one by one with the space bar', () => {
    const picks = new Picks();
    picks.go('a');
    picks.toggle('b', false);
    picks.toggle('d', false);
    expect(picks.chosen, 'the one before was not meant').toEqual(['b', 'd']);
    picks.letGo();
    expect(picks.chosen, 'the last one stays at hand').toEqual(['d']);
  });

  it('stretch from where one began, in both directions', () => {
    const picks = new Picks();
    picks.go('c');
    picks.stretch(rows, 'e');
    expect(picks.chosen).toEqual(['c', 'd', 'e']);
    picks.stretch(rows, 'a');
    expect(picks.chosen, 'around the same end').toEqual(['a', 'b', 'c']);
    expect(picks.current).toBe('a');
  });

  it('are led on to the next run when theirs goes, at the end to the one before', () => {
    const picks = new Picks();
    picks.go('b');
    picks.leadOn(rows, new Set(['b', 'c']));
    expect(picks.current).toBe('d');
    picks.go('e');
    picks.leadOn(rows, new Set(['d', 'e']));
    expect(picks.current).toBe('c');
    picks.leadOn(rows, new Set(['a', 'b', 'c', 'd', 'e']));
    expect(picks.current).toBeNull();
  });

  it('are no runs that are not found any more', () => {
    const picks = new Picks();
    picks.all(rows);
    picks.keep(rows.slice(0, 2));
    expect(picks.chosen).toEqual(['a', 'b']);
    picks.keep([]);
    expect([picks.chosen, picks.current]).toEqual([[], null]);
  });
});
