/** The comparison in the page: by the keyboard, in both languages, and where it leads to. */
import axe from 'axe-core';
import { mount, unmount, type Component } from 'svelte';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { failure, fakeBackend, pastRuns } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import type { FoundPage } from '../ipc/gen/FoundPage';
import type { Run } from '../ipc/gen/Run';
import Trial from '../output/Trial.svelte';
import { Desk } from '../state/desk.svelte';
import { words } from '../text/words.svelte';
import Compare from '../views/Compare.svelte';
import { Choice } from './choice.svelte';
import CompareButton from './CompareButton.svelte';
import { moreActions } from '../history/more';
import type { PastRun } from '../ipc/gen/PastRun';
import { inOrder } from './open';

beforeAll(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
  // jsdom lays nothing out, draws nothing, and has no dialogs.
  HTMLCanvasElement.prototype.getContext = () => null;
  Element.prototype.scrollIntoView = () => undefined;
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function () {
    this.open = false;
  };
});

let drawn: ReturnType<typeof mount> | undefined;
afterEach(() => {
  if (drawn) void unmount(drawn);
  drawn = undefined;
  words.language = 'en';
  localStorage.clear();
});

const draw = (desk: Desk, of: unknown, given: Record<string, unknown>) => (drawn = mount(Trial, { target: document.body, props: { desk, of: of as Component<Record<string, unknown>>, given } }));
const see = <Found extends HTMLElement>(id: string) => vi.waitFor(() => {
  const found = document.querySelector<Found>(`[data-testid="${id}"]`);
  expect(found, id).not.toBeNull();
  return found as Found;
});
const press = (key: string, more: KeyboardEventInit = {}) => (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }));

/** Two runs of an app, the older one first, and a desk that shows the newer. */
async function two(change: (left: Run, right: Run) => void, apps = demoApps()): Promise<{ desk: Desk; left: Run; right: Run; backend: ReturnType<typeof fakeBackend> }> {
  const [right, left] = pastRuns(2);
  if (!left || !right) throw new Error('no runs');
  right.head = { ...right.head, status: 'succeeded', error: null, title: 'Newer' };
  left.head = { ...left.head, status: 'succeeded', error: null, title: 'Older', appId: right.head.appId };
  [left.outputs, right.outputs] = [{ digest: 'One.\n\nTwo stays as it is.' }, { digest: 'One.\n\nTwo stays as it was.' }];
  [left.texts, right.texts] = [[], []];
  change(left, right);
  const backend = fakeBackend({ apps, runs: [left, right] });
  const desk = new Desk(backend);
  await desk.begin();
  desk.openHistory(right.head.appId, right.head.id);
  return { desk, left, right, backend };
}

describe('the comparison', () => {
  it('shows what differs, struck and underlined, and all of it when asked', async () => {
    const { desk, left, right } = await two(() => undefined);
    draw(desk, Compare, { left: left.head.id, right: right.head.id });
    await see('compare-text');
    await vi.waitFor(() => expect(document.querySelector('del')?.textContent).toBe('is'));
    expect(document.querySelector('ins')?.textContent).toBe('was');
    expect((await see('compare-inputs')).textContent, 'what is the same is said').toContain('Inputs: all 2 are the same');
    const same = () => document.querySelectorAll('[data-testid="compare-field"][data-same="true"], .cmp-row[data-kind="same"]').length;
    const before = same();
    expect(document.querySelector('.cmp-row[data-kind="same"]'), 'paragraphs that are the same are folded').toBeNull();
    (await see<HTMLInputElement>('only-differences')).click();
    await vi.waitFor(() => expect(same()).toBeGreaterThan(before));
    expect(document.querySelector('.cmp-row[data-kind="same"]')).not.toBeNull();
  });

  it('leads from one difference to the next, around, and back', async () => {
    const { desk, left, right } = await two((left, right) => {
      left.inputs = [{ variable: 'a', label: 'Amount', value: 1, isFiles: false, hidden: false }];
      right.inputs = [{ variable: 'a', label: 'Amount', value: 2, isFiles: false, hidden: false }];
    });
    draw(desk, Compare, { left: left.head.id, right: right.head.id });
    await see('compare-text');
    const place = await see('compare-place');
    await vi.waitFor(() => expect(place.textContent).toBe('2 differences.'));
    press('n');
    await vi.waitFor(() => expect((document.activeElement as HTMLElement).dataset['name']).toBe('Amount'));
    expect(place.textContent).toBe('1 of 2');
    press('n');
    await vi.waitFor(() => expect((document.activeElement as HTMLElement).className).toBe('cmp-row'));
    press('N', { shiftKey: true });
    await vi.waitFor(() => expect((document.activeElement as HTMLElement).dataset['name']).toBe('Amount'));
    press('N', { shiftKey: true });
    await vi.waitFor(() => expect(place.textContent, 'behind the first comes the last').toBe('2 of 2'));
  });

  it('leads to a difference that is not drawn yet', async () => {
    const { desk, left, right } = await two((left, right) => {
      const text = (to: string) => Array.from({ length: 200 }, (_, at) => `Number ${at} is ${to}.`).join('\n\n');
      [left.outputs, right.outputs] = [{ digest: text('here') }, { digest: text('there') }];
    });
    draw(desk, Compare, { left: left.head.id, right: right.head.id });
    const place = await see('compare-place');
    await vi.waitFor(() => expect(place.textContent).toBe('200 differences.'));
    expect(document.querySelectorAll('.cmp-row').length, 'few are drawn at first').toBeLessThan(150);
    press('N', { shiftKey: true });
    await vi.waitFor(() => expect((document.activeElement as HTMLElement).textContent).toContain('Number 199'), { timeout: 20_000 });
    expect(place.textContent).toBe('200 of 200');
  });

  it('says that two runs are identical', async () => {
    const { desk, left, right } = await two((left, right) => {
      right.outputs = structuredClone(left.outputs);
    });
    draw(desk, Compare, { left: left.head.id, right: right.head.id });
    expect((await see('compare-identical')).textContent).toContain('identical');
    expect(document.querySelector('del, ins')).toBeNull();
    expect((await see('compare-place')).textContent).toBe('No difference');
  });

  it('says that the runs are of two apps', async () => {
    const { desk, left, right } = await two((left) => {
      left.head.appId = 'app-2';
    });
    draw(desk, Compare, { left: left.head.id, right: right.head.id });
    const said = await see('compare-other-apps');
    for (const id of [left.head.appId, right.head.appId]) expect(said.textContent).toContain(desk.apps.get(id)?.branding.title);
  });

  it('says why it cannot be shown, and tries again', async () => {
    const { desk, left, right, backend } = await two(() => undefined);
    const { runOpen } = backend;
    backend.runOpen = () => Promise.reject(failure('store'));
    draw(desk, Compare, { left: left.head.id, right: right.head.id });
    await vi.waitFor(() => expect(document.querySelector('[data-testid="failure"], .note.bad')).not.toBeNull());
    backend.runOpen = runOpen;
    (await see('compare-again')).click();
    await see('compare-text');
  });

  it('breaks no rule of accessibility, in both languages and both layouts', async () => {
    const { desk, left, right } = await two((left, right) => {
      left.inputs = [{ variable: 'a', label: 'Amount', value: 1, isFiles: false, hidden: false }];
      right.head.elapsed = 12;
    });
    draw(desk, Compare, { left: left.head.id, right: right.head.id });
    await see('compare-text');
    for (const language of ['en', 'zh'] as const) {
      desk.looks.language = language;
      for (const layout of ['one', 'two']) {
        document.querySelector<HTMLButtonElement>(`[data-testid="compare-layout"] [data-value="${layout}"]`)?.click();
        await vi.waitFor(() => expect(document.querySelector('.cmp-text')?.classList.contains('one')).toBe(layout === 'one'));
        const { violations } = await axe.run(document.body, { rules: { 'color-contrast': { enabled: false }, region: { enabled: false }, 'page-has-heading-one': { enabled: false } } });
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`), `${language}, ${layout}`).toEqual([]);
      }
    }
    expect(document.body.textContent).toContain('对比两次运行');
  });
});

describe('the desk', () => {
  it('shows two runs under their app, and leads back by Esc to where it was asked', async () => {
    const { desk, left, right } = await two(() => undefined);
    const from = desk.page;
    desk.compare(left.head, right.head);
    expect(desk.page).toMatchObject({ kind: 'app', appId: right.head.appId, tab: 'history', compare: { left: left.head.id, right: right.head.id } });
    expect(desk.isOnScreen(left.head)).toBe(true);
    desk.compare(right.head, left.head);
    expect(desk.page, 'swapped, it still leads back').toMatchObject({ compare: { left: right.head.id, right: left.head.id, from } });
    draw(desk, Compare, { left: left.head.id, right: right.head.id });
    await see('compare-text');
    press('Escape');
    expect(desk.page).toEqual(from);
    expect(desk.comparedFrom, 'the button takes the focus').toBe(right.head.id);
  });

  it('shows runs of two apps, or of one that is gone, among all runs', async () => {
    const { desk, left, right } = await two(() => undefined);
    desk.compare({ ...left.head, appId: 'app-2' }, right.head);
    expect(desk.page).toMatchObject({ kind: 'runs', compare: { left: left.head.id } });
    desk.apps.drop(right.head.appId);
    desk.endCompare();
    expect(desk.page, 'what it was asked from has gone').toEqual({ kind: 'runs', runId: null });
  });

  it('compares two selected runs, the older one on the left, and is offered for no others', async () => {
    const { desk, left, right } = await two(() => undefined);
    const past = (run: Run): PastRun => ({ head: run.head, origin: 'here', contents: 'whole', name: '', starred: false, reviewed: false, hasNote: false, tags: [], snippet: null });
    const action = moreActions.find(({ id }) => id === 'compare');
    const offered = (...runs: PastRun[]) => action?.offered?.(desk, runs);
    expect(offered(past(right), past(left))).toBe(true);
    expect(offered(past(left)), 'one has nothing beside it').toBe(false);
    expect(offered(past(left), past({ ...right, head: { ...right.head, status: 'running' } })), 'what still runs would change').toBe(false);
    action?.run(desk, [past(right), past(left)]);
    expect(desk.page).toMatchObject({ compare: { left: left.head.id, right: right.head.id } });
    expect(inOrder(right.head, left.head).map(({ id }) => id)).toEqual([left.head.id, right.head.id]);
  });
});

describe('the list to choose from', () => {
  it('offers the runs of the app, newest first, and proposes the one before', async () => {
    const runs = pastRuns(300);
    const backend = fakeBackend({ apps: demoApps(), runs });
    const own = runs.filter(({ head }) => head.appId === 'app-1');
    const beside = own[150];
    if (!beside) throw new Error('no run');
    const choice = new Choice(backend, beside.head);
    await choice.begin();
    expect(choice.chosen, 'it stands far behind the first page').toBe(own[151]?.head.id);
    expect(choice.rows.some(({ head }) => head.id === choice.chosen)).toBe(true);
    expect(choice.rows.every(({ head }) => head.appId === 'app-1' && head.id !== beside.head.id)).toBe(true);
    while (!choice.complete) await choice.more();
    expect(choice.rows.map(({ head }) => head.id), 'all others, in order').toEqual(own.filter((run) => run !== beside).map(({ head }) => head.id));
    choice.allApps = true;
    await choice.begin();
    expect(choice.rows.some(({ head }) => head.appId === 'app-2')).toBe(true);
    expect(choice.chosen, 'what was chosen stays').toBe(own[151]?.head.id);
  });

  it('leaves out runs that go on, and finds by what is in them, however far back', async () => {
    const runs = pastRuns(300);
    const own = runs.filter(({ head }) => head.appId === 'app-1');
    const [beside, running, oldest] = [own[0], own[1], own.at(-1)];
    if (!beside || !running || !oldest) throw new Error('no runs');
    running.head.status = 'running';
    oldest.outputs = { digest: 'Marmalade is mentioned here only.' };
    const choice = new Choice(fakeBackend({ apps: demoApps(), runs }), beside.head);
    await choice.begin();
    expect(choice.rows.some(({ head }) => head.id === running.head.id)).toBe(false);
    expect(choice.rows.slice(0, -1).some(({ head }) => head.id === oldest.head.id), 'it was not read yet').toBe(false);
    choice.type('marmalade');
    await vi.waitFor(() => expect(choice.rows.map(({ head }) => head.id)).toEqual([oldest.head.id]));
    expect(choice.chosen, 'what was found is chosen').toBe(oldest.head.id);
  });

  it('says that there is none only after all were looked at, and keeps the keyboard at the way to earlier ones', async () => {
    const runs = pastRuns(300);
    const own = runs.filter(({ head }) => head.appId === 'app-1');
    const [beside, oldest] = [own[0], own.at(-1)];
    if (!beside || !oldest) throw new Error('no runs');
    oldest.head.title = 'Marmalade';
    const backend = fakeBackend({ apps: demoApps(), runs });
    const { historyFind } = backend;
    let pages = 0;
    let release: () => void = () => undefined;
    // Texts are looked at: what is not among the next twenty takes another page.
    backend.historyFind = async (search, after, limit) => {
      pages++;
      if (after !== null && search.text === '') await new Promise<void>((resolve) => (release = resolve));
      if (search.text === '') return historyFind(search, after, limit);
      const all = (await historyFind({ ...search, text: '' }, after, 20)) as FoundPage;
      const found = (await historyFind(search, after, 300)).runs.filter(({ head }) => all.runs.some((run) => run.head.id === head.id));
      return { ...all, runs: found };
    };
    const desk = new Desk(backend);
    await desk.begin();
    draw(desk, CompareButton, { head: beside.head });
    (await see('compare-with')).click();
    const earlier = await see('pick-earlier');
    earlier.focus();
    earlier.click();
    await vi.waitFor(() => expect(earlier.getAttribute('aria-disabled')).toBe('true'));
    expect(document.activeElement).toBe(earlier);
    release();
    await vi.waitFor(() => expect(document.querySelector('[data-testid="pick-earlier"]'), 'all are there').toBeNull());
    const field = await see<HTMLInputElement>('pick-filter');
    await vi.waitFor(() => expect(document.activeElement).toBe(field));
    pages = 0;
    field.value = 'marmalade';
    field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    await vi.waitFor(() => expect([...document.querySelectorAll('[data-testid="pick-run"] .what .ellipsis')].map((row) => row.textContent)[0]).toBe('Marmalade'));
    expect(pages).toBeGreaterThan(3);
    expect(document.querySelector('.pick-none')).toBeNull();
  });

  it('fetches a run of which only the server’s list tells, and says where that fails', async () => {
    const { backend, desk, left, right } = await two((left) => {
      left.notices = [{ code: 'only_head' }];
      left.outputs = {};
    });
    draw(desk, Compare, { left: left.head.id, right: right.head.id });
    await see('compare-result');
    expect(backend.calls.filter(([method]) => method === 'runFetch')).toEqual([['runFetch', left.head.id]]);
    expect(document.querySelector('[data-testid="compare-only-head"]')).toBeNull();
    void unmount(drawn as NonNullable<typeof drawn>);
    drawn = undefined;
    const alone = fakeBackend({ apps: demoApps(), runs: [{ ...left, notices: [{ code: 'only_head' }], outputs: {} }, right], failing: { runFetch: 'unreachable' } });
    const other = new Desk(alone);
    await other.begin();
    draw(other, Compare, { left: left.head.id, right: right.head.id });
    expect((await see('compare-only-head')).textContent).toContain('left run');
  });

  it('is opened from a past run, filtered and answered by the keyboard', async () => {
    const { desk, left, right } = await two(() => undefined);
    draw(desk, CompareButton, { head: right.head });
    (await see('compare-with')).click();
    await see('pick-run');
    const filter = await see<HTMLInputElement>('pick-filter');
    expect(document.activeElement, 'one types at once').toBe(filter);
    filter.value = 'nothing like it';
    filter.dispatchEvent(new Event('input', { bubbles: true }));
    await vi.waitFor(() => expect(document.querySelector('[data-testid="pick-run"]')).toBeNull());
    press('Escape');
    await see('pick-run');
    expect(filter.value, 'Esc empties it first').toBe('');
    press('Enter');
    expect(desk.page).toMatchObject({ compare: { left: left.head.id, right: right.head.id } });
  });
});
