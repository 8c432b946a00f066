/** The history in a page: keyboard, names, focus, and the way to what was found. */
import axe from 'axe-core';
import { flushSync, mount, tick, unmount } from 'svelte';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Backend } from '../ipc/backend';
import { failure, fakeBackend, pastRuns, type FakeOptions } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import type { HumanForm } from '../ipc/gen/HumanForm';
import type { Run } from '../ipc/gen/Run';
import { Desk } from '../state/desk.svelte';
import { ran } from '../timeline/step-made';
import { words } from '../text/words.svelte';
import Window from '../views/Window.svelte';

const emptyForm: HumanForm = { formId: null, token: null, nodeId: 'n', nodeTitle: '', content: '', inputs: [], actions: [], defaults: {}, expiresAt: null, displayInUi: null, approvalChannels: [] };
let narrow = false;

beforeAll(() => {
  // What jsdom has not.
  window.matchMedia = (media) => ({ media, matches: narrow && media.includes('max-width: 1079px'), onchange: null, addEventListener: () => undefined, removeEventListener: () => undefined, addListener: () => undefined, removeListener: () => undefined, dispatchEvent: () => false });
  window.ResizeObserver = class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
  window.CSS = { ...window.CSS, escape: (text: string) => text.replace(/["\\]/g, '\\$&') };
  Element.prototype.scrollIntoView = () => undefined;
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function () {
    this.open = false;
  };
  HTMLCanvasElement.prototype.getContext = () => null;
  Range.prototype.getBoundingClientRect = () => new DOMRect(0, 0, 10, 10);
  globalThis.DOMRect ??= class {} as typeof DOMRect;
  Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, get: () => 600 });
});

let page: ReturnType<typeof mount> | undefined;
let desk: Desk;

afterEach(async () => {
  if (page) await unmount(page);
  page = undefined;
  narrow = false;
  words.language = 'en';
  localStorage.clear();
  document.body.innerHTML = '';
});

const all = (css: string) => [...document.querySelectorAll<HTMLElement>(css)];
const one = (css: string) => document.querySelector<HTMLElement>(css) ?? expect.fail(`no ${css}`);
const test = (id: string) => `[data-testid="${id}"]`;
const rows = () => all(test('history-row')).map((row) => row.querySelector('.t')?.textContent ?? '');
const current = () => document.getElementById(one('.hist-list').getAttribute('aria-activedescendant') ?? '')?.querySelector('.t')?.textContent;
const seen = (check: () => unknown, message?: string) => expect.poll(check, { interval: 5, ...(message === undefined ? {} : { message }) });

async function show(options: FakeOptions = {}, through: (backend: Backend) => Backend = (backend) => backend) {
  const backend = fakeBackend({ apps: demoApps(), runs: pastRuns(12), ...options });
  desk = new Desk(through(backend));
  await desk.begin();
  desk.page = { kind: 'runs', runId: null };
  page = mount(Window, { target: document.body, props: { desk } });
  flushSync();
  await seen(() => desk.finder(null).loaded).toBe(true);
  await tick();
  return backend;
}

async function press(...keys: (string | [string, KeyboardEventInit])[]) {
  for (const pressed of keys) {
    const [key, more] = typeof pressed === 'string' ? [pressed, {}] : pressed;
    (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }));
    for (let turn = 0; turn < 5; turn++) await tick();
  }
}

async function type(css: string, text: string) {
  const field = one(css) as HTMLInputElement;
  field.focus();
  field.value = text;
  field.dispatchEvent(new InputEvent('input', { bubbles: true }));
  await tick();
}

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
    await press('s');
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

describe('the search', () => {
  it('finds while one types, marks the words, and says how many there are', async () => {
    await show();
    await type(test('history-search'), 'mont');
    await seen(() => all('.sn mark').map((mark) => mark.textContent)[0]).toBe('mont');
    await seen(() => one(test('history-count')).textContent).toMatch(/runs found/);
    await type(test('history-search'), 'no such word');
    await seen(() => one(test('history-empty')).textContent).toContain('Nothing found for “no such word”');
    expect(document.activeElement, 'one can go on typing').toBe(one(test('history-search')));
  });

  it('is gone to with / and Ctrl F, and by letters that are no commands', async () => {
    await show();
    await press('/');
    expect(document.activeElement).toBe(one(test('history-search')));
    await press('Escape');
    expect(document.activeElement, 'and left with Esc').toBe(one('.hist-list'));
    await press(['f', { ctrlKey: true }], 'ArrowDown', 'm');
    expect(document.activeElement).toBe(one(test('history-search')));
    expect(desk.finder(null).text).toBe('m');
  });

  it('offers ways to go on with a field, taken with Tab', async () => {
    await show();
    const box = one(test('history-search')) as HTMLInputElement;
    await type(test('history-search'), 'sta');
    box.setSelectionRange(3, 3);
    await seen(() => all(test('completion')).length).toBe(1);
    expect([box.getAttribute('role'), box.getAttribute('aria-expanded')]).toEqual(['combobox', 'true']);
    await press('Tab');
    expect(box.value).toBe('status:');
    await seen(() => all(test('completion')).length).toBeGreaterThan(4);
    await press('ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter');
    expect(box.value).toBe('status:failed ');
    await seen(() => all(test('history-row')).every((row) => row.dataset['status'] === 'failed')).toBe(true);
    expect(box.getAttribute('aria-expanded')).toBe('false');
  });

  it('goes on with what is typed by then, not with what was typed before', async () => {
    await show();
    const box = one(test('history-search')) as HTMLInputElement;
    const typeAnd = (text: string, ...keys: string[]) => {
      box.focus();
      box.value = text;
      box.setSelectionRange(text.length, text.length);
      box.dispatchEvent(new Event('input', { bubbles: true }));
      for (const key of keys) box.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    };
    typeAnd('st');
    await seen(() => all(test('completion')).length).toBe(1);
    typeAnd('sta', 'Tab');
    await seen(() => box.value, 'nothing of what was typed is left behind it').toBe('status:');
    await seen(() => all(test('completion')).length).toBeGreaterThan(4);
    typeAnd('status:s', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter');
    await seen(() => box.value, 'the one that was gone to, wherever it stands now').toBe('status:stopped ');
  });

  it('says what narrows it, and what is hidden by filters', async () => {
    await show();
    one(`${test('filter-states')} [data-value="failed"]`).click();
    await seen(() => all(test('history-row')).every((row) => row.dataset['status'] === 'failed')).toBe(true);
    expect(one(test('active-filters')).textContent).toContain('Failed');
    await type(test('history-search'), 'mont');
    await seen(() => all(test('history-empty')).length).toBe(1);
    await seen(() => one(test('history-empty')).textContent, 'the words are in runs that did not fail').toMatch(/also hide \d+ runs/);
    one(`${test('history-empty')} ${test('clear-filters')}`).click();
    await seen(() => rows().length).toBeGreaterThan(0);
    expect(desk.finder(null).text, 'the words stay').toBe('mont');
  });

  it('says of a bound that is no number how it is written, and does not narrow by it', async () => {
    await show();
    one(test('filter-more')).click();
    await tick();
    const least = () => one(test('filter-duration-least')) as HTMLInputElement;
    const write = async (text: string) => {
      least().value = text;
      least().dispatchEvent(new Event('change', { bubbles: true }));
      await tick();
    };
    await write('long');
    expect([least().getAttribute('aria-invalid'), document.getElementById(least().getAttribute('aria-describedby') ?? '')?.textContent]).toEqual(['true', 'Use digits, for example 90.']);
    expect(desk.finder(null).kinds).toEqual([]);
    await write('90');
    expect([least().getAttribute('aria-invalid'), desk.finder(null).chosen.minElapsed]).toEqual([null, 90]);
    await write('long');
    await press('Escape');
    one(test('filter-more')).click();
    await tick();
    expect([least().value, least().getAttribute('aria-invalid')], 'what holds is shown again').toEqual(['90', null]);
    // Without a pointer, as a reader's software clicks: the panel stays open.
    const most = () => one(test('filter-duration-most')) as HTMLInputElement;
    for (const clear of [`${test('active-filters')} ${test('clear-filters')}`, `${test('active-filters')} [data-value="elapsed"]`]) {
      await write('90');
      most().value = 'longer';
      most().dispatchEvent(new Event('change', { bubbles: true }));
      await tick();
      expect([most().value, most().getAttribute('aria-invalid')], 'one that narrows, one that does not').toEqual(['longer', 'true']);
      one(clear).click();
      await tick();
      expect([least(), most()].map((end) => [end.value, end.getAttribute('aria-invalid')]), `${clear}: nothing stays written`).toEqual([['', null], ['', null]]);
      expect(all(`${test('filter-more')} ~ [role="dialog"] [role="alert"]`), 'nor said').toEqual([]);
    }
    await write('90');
    most().value = 'longer';
    most().dispatchEvent(new Event('change', { bubbles: true }));
    one(test('filter-starred')).click();
    await tick();
    expect([least().value, most().value, most().getAttribute('aria-invalid')], 'another filter leaves it to be put right').toEqual(['90', 'longer', 'true']);
  });

  it('takes a bound as written also where a click elsewhere closes its panel', async () => {
    await show();
    one(test('filter-more')).click();
    await tick();
    const least = one(test('filter-duration-least')) as HTMLInputElement;
    // As browsers do, which jsdom does not: a field that is left says what was written, one that is taken away says nothing.
    least.addEventListener('blur', () => least.isConnected && least.dispatchEvent(new Event('change', { bubbles: true })));
    least.focus();
    least.value = '90';
    one('.hist-list').dispatchEvent(new Event('pointerdown', { bubbles: true }));
    await tick();
    expect([all(test('filter-duration-least')).length, desk.finder(null).chosen.minElapsed]).toEqual([0, 90]);
  });

  it('keeps the place of each filter while numbers come and go', async () => {
    let answer = () => undefined as void;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const counts = (backend: Backend): Backend => ({ ...backend, historyCounts: async (search) => (await answered, backend.historyCounts(search)) });
    await show({ runs: pastRuns(1200) }, counts);
    const bar = () => one('.find-filters');
    const chips = () => all(`${test('filter-states')} .chip`).map((chip) => [chip.dataset['value'], chip.querySelector<HTMLElement>('.n')?.style.getPropertyValue('--most')]);
    expect(rows().length, 'the runs do not wait').toBeGreaterThan(0);
    expect(bar().classList.contains('uncounted'), 'what is not known yet is not offered').toBe(true);
    answer();
    await seen(() => bar().classList.contains('uncounted')).toBe(false);
    const before = chips();
    expect(before.slice(0, 5).map(([value]) => value)).toEqual(['all', 'succeeded', 'partly_succeeded', 'failed', 'stopped']);
    expect(before[0]?.[1], 'room for 1,200').toBe('5');
    await type(test('history-search'), 'no such word');
    await seen(() => one(`${test('filter-states')} [data-value="all"] .n`).textContent).toBe('0');
    expect(chips(), 'none of them goes, none gets narrower').toEqual(before);
    expect(bar().classList.contains('uncounted')).toBe(false);
  });

  it('leads back to the list when it can be read again', async () => {
    let fails = false;
    await show({}, (backend) => ({ ...backend, historyFind: (...given) => (fails ? Promise.reject(failure('internal')) : backend.historyFind(...given)) }));
    fails = true;
    await type(test('history-search'), 'supplier');
    await seen(() => all(test('failure')).length).toBe(1);
    fails = false;
    one(test('find-again')).focus();
    one(test('find-again')).click();
    await seen(() => all(test('failure')).length).toBe(0);
    await seen(() => document.activeElement === one('.hist-list')).toBe(true);
  });

  it('shows that something is under way only where it takes long, and nothing of it where it failed', async () => {
    let release: () => void = () => undefined;
    const waits = new Promise<void>((resolve) => (release = resolve));
    const backend = fakeBackend({ apps: demoApps(), runs: pastRuns(3) });
    desk = new Desk({ ...backend, historyFind: async () => (await waits, Promise.reject(failure('internal'))) });
    await desk.begin();
    desk.page = { kind: 'runs', runId: null };
    page = mount(Window, { target: document.body, props: { desk } });
    flushSync();
    expect(all('.skeleton')).toEqual([]);
    await seen(() => all('.skeleton').length).toBe(1);
    expect(one('.skeleton').closest('[role="status"]')?.getAttribute('aria-label')).toBe('Loading');
    release();
    await seen(() => all(test('failure')).length).toBe(1);
    expect(all('.skeleton')).toEqual([]);
  });

  it('says nothing was run yet where nothing was', async () => {
    await show({ runs: [] });
    expect(one(test('history-empty')).textContent).toContain('No runs yet');
  });

  it('is there in Chinese, too', async () => {
    await show();
    words.language = 'zh';
    await tick();
    expect(one('h1').textContent).toBe('全部运行');
    expect(one(test('history-search')).getAttribute('aria-label')).toBe('搜索全部运行');
  });
});

describe('beside the list', () => {
  it('takes every letter of a note, also while the list is read anew', async () => {
    const backend = await show();
    one('.hist-list').focus();
    await seen(() => (one(test('note-field')) as HTMLTextAreaElement).readOnly, 'it can be written').toBe(false);
    const field = one(test('note-field')) as HTMLTextAreaElement;
    await type(test('note-field'), 'Ask');
    const release = vi.spyOn(desk.remarks, 'release');
    const before = desk.finder(null).rows;
    backend.emit({ type: 'history_changed' });
    await seen(() => desk.finder(null).rows !== before, 'the list is read anew').toBe(true);
    await tick();
    expect([release.mock.calls.length, field.readOnly, field.value]).toEqual([0, false, 'Ask']);
  });

  it('stands the run at hand, with a note that is kept', async () => {
    const backend = await show();
    one('.hist-list').focus();
    await press('ArrowDown');
    await seen(() => one(test('preview')).textContent).toContain('Supplier framework');
    await press('n');
    expect(document.activeElement, 'N leads to its note').toBe(one(test('note-field')));
    await type(test('note-field'), 'Ask Legal');
    await press('Escape');
    expect(document.activeElement).toBe(one('.hist-list'));
    const id = desk.finder(null).picks.current ?? '';
    await seen(async () => (await backend.runRemarks(id)).note).toBe('Ask Legal');
  });

  it('is read once, and again only when something is new', async () => {
    const backend = await show();
    one('.hist-list').focus();
    await press('ArrowDown');
    await seen(() => one(test('preview')).textContent).toContain('Supplier framework');
    const asked = () => backend.calls.filter(([name]) => ['runOpen', 'runHits', 'runRemarks', 'historyFind', 'historyCounts', 'tags'].includes(name)).length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    const before = asked();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(asked() - before, 'nobody asks for anything while nothing happens').toBe(0);
  });

  it('says with one name and a state whether a run is starred, and whether it is reviewed', async () => {
    await show();
    one('.hist-list').focus();
    await seen(() => all(test('star')).length).toBe(1);
    const said = () => ['star', 'reviewed'].map((id) => `${one(test(id)).textContent?.trim()}: ${one(test(id)).ariaPressed ?? one(test(id)).getAttribute('aria-pressed')}`);
    expect(said()).toEqual(['Star: false', 'Mark as reviewed: false']);
    one(test('star')).click();
    one(test('reviewed')).click();
    await seen(said).toEqual(['Star: true', 'Mark as reviewed: true']);
    await press('Enter');
    await seen(() => all(test('star-this')).length).toBe(1);
    await seen(() => [one(test('star-this')).getAttribute('aria-label'), one(test('star-this')).getAttribute('aria-pressed')]).toEqual(['Star', 'true']);
  });

  it('tags are added, proposed and removed', async () => {
    await show();
    one('.hist-list').focus();
    await press(['ArrowDown', { shiftKey: true }], 't');
    await type(`dialog ${test('tag-input')}`, 'lease');
    await press('Enter');
    await seen(() => all('.tags-of').length).toBe(2);
    one(test('tags-done')).click();
    await tick();
    await seen(() => document.activeElement).toBe(one('.hist-list'));
  });

  it('is no room in a narrow window: a click opens, and the note has a dialog', async () => {
    narrow = true;
    await show();
    expect(all(test('preview'))).toHaveLength(0);
    one('.hist-list').focus();
    await press('n');
    expect(one('dialog').textContent).toContain('Note on');
    const escape = new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true });
    one(test('note-field')).dispatchEvent(escape);
    expect(escape.defaultPrevented, 'Esc is left to the dialog, which closes').toBe(false);
    one(test('note-done')).click();
    await tick();
    one(test('history-row')).click();
    await tick();
    expect(desk.page).toMatchObject({ kind: 'app', tab: 'history' });
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

describe('a run that was found', () => {
  const found = (): Run[] => {
    const [run] = pastRuns(1);
    if (!run) throw new Error('no run');
    run.head.title = 'The removal';
    run.steps = [ran('Read', 0, 10), { ...ran('Look up', 10, 20), order: 1, outputs: { text: 'the removal firm Zobel' } }];
    return [run];
  };

  it('opens with its places, and each is shown: the result, then a step with its details', async () => {
    await show({ runs: found() });
    await type(test('history-search'), 'removal');
    await seen(() => desk.finder(null).answered?.text).toBe('removal');
    await press('Enter', 'Enter');
    await seen(() => all(test('hits-bar')).length).toBe(1);
    expect(one(test('hits-at')).textContent).toContain('1 of');
    const at = () => one(test('hits-at')).textContent ?? '';
    for (let turns = 0; turns < 6 && !at().includes('Step'); turns++) await press('F3');
    expect(at()).toContain('Step “Look up”');
    await seen(() => all(test('step-detail')).length, 'the step opens').toBe(1);
    await seen(() => all(`${test('step-detail')} mark`).map((mark) => mark.textContent), 'and the word is marked in it').toEqual(['removal']);
    expect(all('#result-panel mark').length, 'as everywhere else').toBeGreaterThan(0);
    one(test('hits-close')).click();
    await seen(() => all('mark').length, 'nothing of it is left on the page').toBe(0);
    expect(one(`${test('step-detail')} .scroll`).textContent).toContain('the removal firm Zobel');
  });

  it('is shown where a value is folded away or cut, and the word is marked there', async () => {
    const [run] = pastRuns(1);
    if (!run) throw new Error('no run');
    const rows = Array.from({ length: 60 }, (_, at) => ({ clause: at === 50 ? `${'Nothing of it. '.repeat(200)}Then the escrow agent is named.` : `Clause ${at}` }));
    run.steps = [{ ...ran('Read', 0, 10), outputs: { escrow: 'The escrow account', rows } }];
    await show({ runs: [run] });
    await type(test('history-search'), 'escrow');
    await seen(() => desk.finder(null).answered?.text).toBe('escrow');
    await press('Enter', 'Enter');
    await seen(() => all(test('hits-bar')).length).toBe(1);
    expect(one(test('hits-at')).textContent, 'one is read at once, one lies deep in a value').toContain('1 of 2');
    const now = () => all('mark.now').map((mark) => mark.closest<HTMLElement>('[data-testid="value"]')?.dataset['name']);
    await seen(now).toEqual(['escrow']);
    await press('F3');
    await seen(now, 'the branch is open, and the long text whole').toEqual(['rows']);
    expect(one('mark.now').closest('.json-whole')?.textContent).toContain('the escrow agent is named');
    await press('F3');
    await seen(now, 'and the first one again').toEqual(['escrow']);
  });

  it('is shown in what is folded away: the id in the details, the words in the record of a question', async () => {
    const [run] = pastRuns(1);
    if (!run) throw new Error('no run');
    run.head.server.runId = '0199abcd-12ef-7000-8000-0123456789ab';
    run.questions = [{ form: { ...emptyForm, nodeTitle: 'Approve the draft', content: 'Is the clause on subletting fine?' }, askedAt: 1, state: { state: 'answered', at: 2, action: 'Send back', content: '', here: true } }];
    await show({ runs: [run] });
    await type(test('history-search'), '0199abcd-12');
    await seen(() => desk.finder(null).answered?.text).toBe('0199abcd-12');
    expect(one(test('history-row')).textContent, 'the row says what was found').toContain('Run id: 0199abcd-12');
    await press('Enter', 'Enter');
    await seen(() => all('mark.now').map((mark) => mark.textContent)).toEqual([run.head.server.runId]);
    expect(one('mark.now').closest('details')?.open, 'the details are open').toBe(true);
    expect(one(test('hits-at')).textContent).toContain('Run id');
    desk.page = { kind: 'runs', runId: null };
    await seen(() => all(test('history-search')).length).toBe(1);
    await type(test('history-search'), 'subletting');
    await seen(() => desk.finder(null).answered?.text).toBe('subletting');
    await press('Enter', 'Enter');
    await seen(() => all('mark.now').map((mark) => mark.closest<HTMLDetailsElement>(test('question-record'))?.open)).toEqual([true]);
    expect(one(test('hits-at')).textContent).toContain('Question “Approve the draft”');
  });

  it('has its marks in the note, too, which is shown for them', async () => {
    const backend = await show();
    const [first] = desk.finder(null).rows;
    if (!first) throw new Error('no run');
    await backend.runsRemark([first.head.id], { name: '', note: 'Ask Wilhelmina about the deposit', starred: false, reviewed: false, addTags: [], removeTags: [] });
    await type(test('history-search'), 'wilhelmina');
    await seen(() => desk.finder(null).answered?.text).toBe('wilhelmina');
    await press('Enter', 'Enter');
    await seen(() => all('.note-behind mark.now').map((mark) => mark.textContent)).toEqual(['Wilhelmina']);
    expect((one(test('note-field')) as HTMLTextAreaElement).value, 'the field itself is as it was').toBe('Ask Wilhelmina about the deposit');
    await type(test('note-field'), 'Wilhelmina was asked');
    await seen(() => one('.note-behind').textContent).toBe('Wilhelmina was asked');
    one(test('hits-close')).click();
    await seen(() => all('mark').length).toBe(0);
    expect(one('.note-behind').textContent).toBe('Wilhelmina was asked');
  });

  it('leads back to the list as it was left', async () => {
    await show();
    await type(test('history-search'), 'supplier');
    await seen(() => desk.finder(null).answered?.text).toBe('supplier');
    const titles = rows();
    await press('Enter', 'ArrowDown', 'Enter');
    await seen(() => all(test('run-page')).length).toBe(1);
    window.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft', altKey: true, bubbles: true }));
    await seen(() => rows()).toEqual(titles);
    expect([(one(test('history-search')) as HTMLInputElement).value, current(), document.activeElement === one('.hist-list')]).toEqual(['supplier', titles[1], true]);
  });
});
