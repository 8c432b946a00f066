/** The history in a page: keyboard, names and focus. */
import axe from 'axe-core';
import { flushSync, tick } from 'svelte';
import { describe, expect, it, vi } from 'vitest';
import { pastRuns } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import { all, current, desk, one, press, rows, seen, show, test, type, withWindow } from './page-made';

withWindow();

describe('the list', () => {
  it('is a list box of all runs, by days, that the keyboard walks through', async () => {
    await show();
    const list = one('.hist-list');
    expect([list.getAttribute('role'), list.getAttribute('aria-label'), list.getAttribute('aria-multiselectable')]).toEqual(['listbox', 'All runs', 'true']);
    expect(all('.hist-list [role="group"]').length, 'a group for each day').toBeGreaterThan(1);
    expect(one(test('history-row')).getAttribute('aria-setsize')).toBe('12');
    list.focus();
    await tick();
    const titles = rows();
    expect(current(), 'the first run is at hand').toBe(titles[0]);
    await press('ArrowDown', 'ArrowDown', 'ArrowUp');
    expect(current()).toBe(titles[1]);
    await press('End');
    await seen(current).toBe(titles[11]);
    await press('Home');
    await seen(current).toBe(titles[0]);
    await press('Enter');
    expect(desk.page).toMatchObject({ kind: 'app', tab: 'history', fromAllRuns: true });
  });

  it('says of each day how many runs it has, also of those that were not read yet', async () => {
    const midday = new Date(2026, 10, 20, 12).getTime();
    const day = (date: number, runs: number) => pastRuns(runs).map((run, at) => ({ ...run, head: { ...run.head, id: `${date}-${String(9999 - at)}`, startedAt: midday + (date - 20) * 86_400_000 - at * 60_000 } }));
    const backend = await show({ runs: [...day(20, 3), ...day(19, 250)] });
    const counts = () => all(test('day-count')).map((count) => count.textContent);
    await seen(counts, 'a page has a hundred').toEqual(['3', '250']);
    expect(all('.hist-list [role="group"] .day')[1]?.textContent, 'and a reader is told what is counted').toContain('250 runs');
    const asked = () => backend.calls.filter(([name]) => name === 'historyCounts').length;
    expect(asked(), 'all once, and the day that goes on once').toBe(2);
    one('.hist-list').focus();
    await press('ArrowDown', 'ArrowDown', 'ArrowDown', 'Delete');
    await seen(counts).toEqual(['3', '249']);
    await type(test('history-search'), 'no such word');
    await seen(() => all(test('history-empty')).length).toBe(1);
    expect(counts()).toEqual([]);
  });

  it('draws only what is in sight of very many', async () => {
    await show({ runs: pastRuns(3000) });
    await seen(() => desk.finder(null).total).toBe(3000);
    expect(rows().length).toBeLessThan(60);
    one('.hist-list').focus();
    await press('End');
    await seen(() => document.getElementById(one('.hist-list').getAttribute('aria-activedescendant') ?? '')?.getAttribute('aria-posinset'), 'the last one, after all were read').toBe('3000');
    expect(rows().length).toBeLessThan(70);
  });

  it('jumps to its end and reads on upwards from there', async () => {
    const backend = await show({ runs: pastRuns(6000) });
    await seen(() => desk.finder(null).total).toBe(6000);
    await seen(() => desk.finder(null).loading).toBe(false);
    one('.hist-list').focus();
    const at = () => document.getElementById(one('.hist-list').getAttribute('aria-activedescendant') ?? '')?.getAttribute('aria-posinset');
    const read = () => backend.calls.filter(([name]) => name === 'historyFind' || name === 'historyLast').length;
    const before = read();
    await press('End');
    await seen(at).toBe('6000');
    expect(read() - before, 'the end alone is read').toBeLessThan(4);
    for (let up = 5999; up > 5940; up--) await press('ArrowUp');
    await seen(at, 'one by one, also where the next ones come in meanwhile').toBe('5941');
    for (let page = 0; page < 12; page++) {
      await press('PageUp');
      await seen(() => desk.finder(null).loading).toBe(false);
    }
    expect(Number(at())).toBeLessThan(5850);
    await press('Home');
    await seen(at).toBe('1');
    await press('End', ['Home', { shiftKey: true }]);
    await seen(() => desk.finder(null).picks.picked.size, 'a stretch is of all that lie between').toBe(6000);
    expect(read() - before).toBeLessThan(40);
  });

  it('picks several with Space, Shift and Ctrl, and does things to all of them', async () => {
    await show();
    one('.hist-list').focus();
    await press(' ', ['ArrowDown', { shiftKey: true }], ['ArrowDown', { shiftKey: true }]);
    expect(all('[role="option"][aria-selected="true"]')).toHaveLength(3);
    expect(one(test('picked')).textContent).toContain('3 runs selected');
    await press(['s', { altKey: true }]);
    await seen(() => all('.c-star').length).toBe(3);
    await press('Escape');
    expect(all('[role="option"][aria-selected="true"]'), 'only the one at hand').toHaveLength(1);
    await press(['a', { ctrlKey: true }]);
    await seen(() => desk.finder(null).picks.picked.size).toBe(12);
    one(test('pick-none')).focus();
    one(test('pick-none')).click();
    await seen(() => document.activeElement === one('.hist-list'), 'the button goes with what was picked').toBe(true);
  });

  it('closes the gap and leads on after Del, and Ctrl Z takes it back', async () => {
    await show();
    one('.hist-list').focus();
    const titles = rows();
    await press('ArrowDown', 'Delete');
    expect(rows()).toHaveLength(11);
    expect(document.activeElement, 'the keyboard stays').toBe(one('.hist-list'));
    expect(current()).toBe(titles[2]);
    await seen(() => all(test('toast')).length).toBe(1);
    await press(['z', { ctrlKey: true }]);
    await seen(rows).toEqual(titles);
    await seen(current).toBe(titles[1]);
  });

  it('deletes one run for a key that is held, and never those that come to stand there', async () => {
    const backend = await show();
    one('.hist-list').focus();
    await press('Delete', ['Delete', { repeat: true }], ['Delete', { repeat: true }], ['Backspace', { metaKey: true, repeat: true }]);
    expect([rows().length, backend.calls.filter(([name]) => name === 'runsDelete').length]).toEqual([11, 1]);
    await press('Delete');
    expect(rows()).toHaveLength(10);
  });

  it('offers to undo no longer than it can be done, however long the pointer rests on it', async () => {
    await show();
    one('.hist-list').focus();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      await press('Delete');
      await seen(() => all(test('toast')).length).toBe(1);
      one(test('toast')).dispatchEvent(new Event('pointerenter'));
      await tick();
      vi.advanceTimersByTime(50_000);
      await tick();
      expect(all(test('toast')), 'who rests on it can still undo').toHaveLength(1);
      vi.advanceTimersByTime(9_000);
      await tick();
      expect(all(test('toast')), 'what is deleted goes for good after 60 seconds').toHaveLength(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('asks before it deletes several, with their number', async () => {
    await show();
    one('.hist-list').focus();
    await press(['a', { ctrlKey: true }]);
    await seen(() => desk.finder(null).picks.picked.size).toBe(12);
    await press('Delete');
    const dialog = one('dialog');
    expect([dialog.getAttribute('role'), dialog.querySelector('h2')?.textContent]).toEqual(['alertdialog', 'Delete 12 runs?']);
    expect(document.activeElement?.textContent, 'the safe answer has the focus').toBe('Keep them');
    one(test('delete-them')).click();
    await seen(() => one(test('history-empty')).textContent).toContain('No runs yet');
  });

  it('has a menu of what can be done, by pointer and by key', async () => {
    await show();
    all(test('history-row'))[2]?.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true, clientX: 300, clientY: 200 }));
    await tick();
    const items = () => all(`${test('row-menu')} [role="menuitem"] .ellipsis`).map((item) => item.textContent);
    expect(items()).toEqual(['Open', 'Rename', 'Star', 'Mark as reviewed', 'Note…', 'Tags…', 'Run again', 'Edit and run again', 'Compare with…', 'Export…', 'Save as a run file…', 'Delete']);
    expect(current(), 'it is about the run below the pointer').toBe(rows()[2]);
    expect(document.activeElement?.textContent).toContain('Open');
    await press('ArrowDown', 'ArrowDown');
    (document.activeElement as HTMLElement).click();
    await seen(() => all('.c-star').length).toBe(1);
    expect([all(test('row-menu')).length, document.activeElement], 'the keyboard is back in the list').toEqual([0, one('.hist-list')]);
    await press(['F10', { shiftKey: true }]);
    expect(items()).toContain('Remove the star');
    await press('Escape');
    expect(document.activeElement).toBe(one('.hist-list'));
    await press(['F10', { shiftKey: true }]);
    one(test('act-edit-again')).click();
    await seen(() => desk.page, 'the form has what went into it').toMatchObject({ kind: 'app', tab: 'run' });
  });

  it('renames where the name stands: Enter keeps it, Esc does not', async () => {
    await show();
    one('.hist-list').focus();
    await press('F2');
    await type(test('rename-field'), 'The lease');
    await press('Enter');
    await seen(() => rows()[0]).toBe('The lease');
    expect(document.activeElement).toBe(one('.hist-list'));
    await press('F2');
    await type(test('rename-field'), 'Another');
    await press('Escape');
    expect(all(test('rename-field'))).toHaveLength(0);
    expect(rows()[0]).toBe('The lease');
  });
});

describe('the page of an app', () => {
  it('reads its log along, unless its server cannot be reached or one only passes by', async () => {
    const backend = await show();
    const [first, second] = demoApps();
    if (!first || !second) throw new Error('two apps');
    const asked = () => backend.calls.filter(([name]) => name === 'logUpdate').slice(before);
    const before = backend.calls.filter(([name]) => name === 'logUpdate').length;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const open = async (id: string, rest: number) => {
        desk.openApp(id);
        flushSync();
        vi.advanceTimersByTime(rest);
        await tick();
      };
      await open(first.id, 300);
      await open(second.id, 3000);
      expect(asked(), 'nobody is asked for what is only passed by').toEqual([['logUpdate', second.id, false]]);
      backend.emit({ type: 'offline_changed', offline: null, away: [{ appId: first.id, since: 1 }] });
      await open(first.id, 3000);
      expect(asked(), 'nor who cannot be reached').toHaveLength(1);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the page as a whole', () => {
  it('keeps WCAG 2.2 A and AA as far as a page without layout shows it', async () => {
    const backend = await show();
    const [first] = desk.finder(null).rows;
    if (!first) throw new Error('no run');
    await backend.runsRemark([first.head.id], { name: 'Named', note: 'A note', starred: true, reviewed: true, addTags: ['lease', 'move', 'urgent'], removeTags: [] });
    await type(test('history-search'), 'mont');
    await seen(() => desk.finder(null).answered?.text).toBe('mont');
    one(`${test('filter-states')} [data-value="succeeded"]`).click();
    await seen(() => desk.finder(null).kinds).toEqual(['statuses']);
    one('.hist-list').focus();
    await press('ArrowDown');
    await seen(() => all(test('preview-hit')).length).toBeGreaterThan(0);
    const broken = async () => (await axe.run(document.body, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], rules: { 'color-contrast': { enabled: false }, 'target-size': { enabled: false } } })).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' ')}`);
    expect(await broken()).toEqual([]);
    for (const menu of ['filter-when', 'filter-apps', 'filter-more', 'filter-tags']) {
      one(test(menu)).click();
      await tick();
      if (menu === 'filter-more') expect(await broken(), menu).toEqual([]);
      await press('Escape');
      expect(document.activeElement, 'Esc gives the keyboard back').toBe(one(test(menu)));
    }
    await press('Tab');
    one('.hist-list').focus();
    await press('Enter');
    await seen(() => all(test('hits-bar')).length).toBe(1);
    expect(await broken(), 'the stored run').toEqual([]);
  });
});
