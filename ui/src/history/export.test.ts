/** Runs that leave, from the history: the dialog for many, what it sends, and how it ends. */
import { flushSync, mount, unmount, type Component } from 'svelte';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { failure, fakeBackend, pastRuns, type FakeBackend } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import type { Export } from '../ipc/gen/Export';
import type { PastRun } from '../ipc/gen/PastRun';
import type { UnpackOutcome } from '../ipc/gen/UnpackOutcome';
import Trial from '../output/Trial.svelte';
import { Desk } from '../state/desk.svelte';
import { Drops } from '../state/drops.svelte';
import { hear } from '../state/hearing';
import { anySearch, narrows, type ExportAsk } from '../state/outgoing.svelte';
import { en } from '../text/en';
import { zh } from '../text/zh';
import { allOf, columnsOf } from './columns';
import ExportMany from './ExportMany.svelte';
import { appOf, outActions } from './out-actions';

beforeAll(() => {
  // jsdom has neither.
  window.matchMedia = (media) => ({ media, matches: false, onchange: null, addEventListener: () => undefined, removeEventListener: () => undefined, addListener: () => undefined, removeListener: () => undefined, dispatchEvent: () => false });
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
});

async function open(backend: FakeBackend, more: Partial<ExportAsk> = {}): Promise<Desk> {
  const desk = new Desk(backend);
  await desk.begin();
  const ask: ExportAsk = { runs: [], search: anySearch(more.appId ?? null), appId: null, ...more };
  desk.outgoing.asked = ask;
  drawn = mount(Trial, { target: document.body, props: { desk, of: ExportMany as unknown as Component<Record<string, unknown>>, given: { ask } } });
  flushSync();
  return desk;
}

const press = (testid: string) => {
  document.querySelector<HTMLElement>(`[data-testid="${testid}"]`)?.click();
  flushSync();
};
const sent = (backend: FakeBackend) => backend.calls.find(([name]) => name === 'runsExport')?.[1] as Export | undefined;
const past = (runs: ReturnType<typeof pastRuns>): PastRun[] =>
  runs.map(({ head }) => ({ head, origin: 'here', contents: 'whole', name: '', starred: false, reviewed: false, hasNote: false, tags: [], snippet: null }));

describe('the export of many runs', () => {
  it('writes all runs with the columns that are on', async () => {
    const backend = fakeBackend({ apps: demoApps(), runs: pastRuns(30) });
    const desk = await open(backend);
    document.querySelector<HTMLElement>('[data-column="cost"]')?.click();
    await vi.waitFor(() => expect(document.querySelector('[data-testid="columns-of-app"]')).not.toBeNull());
    document.querySelectorAll<HTMLElement>('[data-testid="columns-of-app"]').forEach((box) => box.click());
    press('export-save');
    await vi.waitFor(() => expect(desk.toasts.list.at(-1)?.text).toBe('30 runs exported.'));
    const wish = sent(backend);
    expect(wish).toMatchObject({ of: { of: 'search', search: anySearch(null) }, kind: 'xlsx', words: { yes: 'Yes', sheet: 'Runs' } });
    expect(wish?.columns.map(({ heading }) => heading)).toEqual(['Started', 'App', 'Title', 'Status', 'Duration (s)', 'Tokens', 'Error', 'Details']);
    expect(wish?.words.statuses.find(({ status }) => status === 'failed')?.word).toBe('Failed');
    expect(desk.outgoing.asked).toBeNull();
  });

  it('knows the inputs and results of one app, and the runs that were picked', async () => {
    const runs = pastRuns(40);
    const appId = runs[0]?.head.appId ?? '';
    const backend = fakeBackend({ apps: demoApps(), runs });
    const ids = runs.filter((run) => run.head.appId === appId).map((run) => run.head.id).slice(0, 3);
    const desk = await open(backend, { runs: ids, appId });
    await vi.waitFor(() => expect(document.querySelector('[data-column^="input "]')).not.toBeNull());
    expect(document.querySelector<HTMLInputElement>('[data-testid="export-picked"]')?.checked).toBe(true);
    press('export-save');
    await vi.waitFor(() => expect(desk.toasts.list.at(-1)?.text).toBe('3 runs exported.'));
    expect(sent(backend)?.of).toEqual({ of: 'runs', runs: ids });
    expect(sent(backend)?.columns.some(({ column }) => column.column === 'input')).toBe(true);
  });

  it('has the inputs and results of all apps that go out, each on or off', async () => {
    const runs = pastRuns(40);
    const backend = fakeBackend({ apps: demoApps(), runs });
    await open(backend);
    const ids = [...new Set(runs.map((run) => run.head.appId))];
    expect(ids.length, 'of more than one app').toBeGreaterThan(1);
    await vi.waitFor(() => expect(document.querySelectorAll('[data-testid="columns-of"]').length).toBe(ids.length));
    const groups = [...document.querySelectorAll<HTMLElement>('[data-testid="columns-of"]')];
    for (const group of groups) expect(group.querySelector('legend')?.textContent.trim(), 'a group is named by its app').toBeTruthy();
    const [first, second] = groups;
    const all = first?.querySelector<HTMLInputElement>('[data-testid="columns-of-app"]');
    const one = first?.querySelector<HTMLInputElement>('[data-testid="column"]');
    const inFirst = first?.querySelectorAll('[data-testid="column"]').length ?? 0;
    one?.click();
    flushSync();
    expect([all?.checked, all?.indeterminate]).toEqual([inFirst > 1, inFirst > 1]);
    one?.click();
    flushSync();
    expect([all?.checked, all?.indeterminate]).toEqual([true, false]);
    all?.click();
    flushSync();
    expect(first?.querySelectorAll('[data-testid="column"]:checked')).toHaveLength(0);
    press('export-save');
    await vi.waitFor(() => expect(sent(backend)).toBeDefined());
    const columns = sent(backend)?.columns.map(({ column }) => column) ?? [];
    const apps = new Set(columns.flatMap((column) => ('app' in column ? [column.app] : [])));
    expect(apps, 'those that are off stay out').toEqual(new Set(ids.filter((id) => id !== first?.dataset['app'])));
    expect(second).toBeDefined();
    const headings = sent(backend)?.columns.map(({ heading }) => heading) ?? [];
    expect(new Set(headings).size, 'no two columns are called the same').toBe(headings.length);
  });

  it('asks for the columns of what goes out: what was picked, found, or all', async () => {
    const runs = pastRuns(40);
    const backend = fakeBackend({ apps: demoApps(), runs });
    const [first] = runs;
    if (!first) throw new Error('no run');
    const search = { ...anySearch(null), text: 'lease', filter: { ...anySearch(null).filter, apps: [first.head.appId] } };
    await open(backend, { runs: [first.head.id], search });
    const asked = () => backend.calls.filter(([name]) => name === 'runVariables').map(([, of]) => of);
    await vi.waitFor(() => expect(asked()).toEqual([{ of: 'runs', runs: [first.head.id] }]));
    press('export-found');
    await vi.waitFor(() => expect(asked().at(-1)).toEqual({ of: 'search', search }));
    await vi.waitFor(() => expect(document.querySelector('[data-column^="input "]'), 'a list narrowed to one app has its columns').not.toBeNull());
    press('export-all');
    await vi.waitFor(() => expect(asked().at(-1)).toEqual({ of: 'search', search: anySearch(null) }));
    await vi.waitFor(() => expect(document.querySelectorAll('[data-testid="columns-of"]').length).toBeGreaterThan(1));
  });

  it('waits for its columns, however fast somebody is', async () => {
    const backend = fakeBackend({ apps: demoApps(), runs: pastRuns(3) });
    const asked = backend.runVariables;
    let answer: () => void = () => undefined;
    backend.runVariables = async (of) => {
      await new Promise<void>((resolve) => (answer = resolve));
      return asked(of);
    };
    await open(backend);
    press('export-save');
    await Promise.resolve();
    expect(sent(backend)).toBeUndefined();
    answer();
    await vi.waitFor(() => expect(sent(backend)?.columns.some(({ column }) => column.column === 'input')).toBe(true));
  });

  it('writes nothing for who cancels, stops or asks anew while its columns are looked up', async () => {
    const backend = fakeBackend({ apps: demoApps(), runs: pastRuns(3) });
    const asked = backend.runVariables;
    let answer: () => void = () => undefined;
    backend.runVariables = async (of) => {
      await new Promise<void>((resolve) => (answer = resolve));
      return asked(of);
    };
    const settled = async () => {
      answer();
      await new Promise((resolve) => setTimeout(resolve));
      flushSync();
    };
    const desk = await open(backend);
    press('export-save');
    expect([document.querySelector('[data-testid="export-save"] .spin'), document.querySelector('[data-testid="export-save"]')?.getAttribute('aria-disabled')], 'it is seen that something goes on').toEqual([expect.anything(), 'true']);
    press('export-stop');
    expect(document.querySelector('[data-testid="export-cancel"]'), 'who stops can choose otherwise').not.toBeNull();
    await settled();
    expect(sent(backend)).toBeUndefined();
    press('export-save');
    await settled();
    await vi.waitFor(() => expect(sent(backend)).toBeDefined());
    await vi.waitFor(() => expect(desk.outgoing.asked).toBeNull());
    for (const other of [null, { runs: [], search: anySearch(null), appId: null }]) {
      backend.calls.length = 0;
      if (drawn) await unmount(drawn);
      const desk = await open(backend);
      press('export-save');
      if (other) desk.outgoing.asked = other;
      else document.querySelector('dialog')?.dispatchEvent(new Event('cancel', { cancelable: true }));
      await settled();
      expect([sent(backend), desk.outgoing.asked, backend.calls.filter(([name]) => name === 'exportStop')], 'nor is anything else stopped').toEqual([undefined, other, []]);
    }
  });

  it('writes what is chosen when its columns are known', async () => {
    const runs = pastRuns(40);
    const [first] = runs;
    if (!first) throw new Error('no run');
    const backend = fakeBackend({ apps: demoApps(), runs });
    const asked = backend.runVariables;
    const answers: (() => void)[] = [];
    backend.runVariables = async (of) => {
      await new Promise<void>((resolve) => answers.push(resolve));
      return asked(of);
    };
    await open(backend, { runs: [first.head.id] });
    press('export-save');
    press('export-all');
    answers[0]?.();
    await new Promise((resolve) => setTimeout(resolve));
    expect(sent(backend), 'its columns are not those that were looked up').toBeUndefined();
    answers[1]?.();
    await vi.waitFor(() => expect(sent(backend)?.of.of).toBe('search'));
    expect(new Set(sent(backend)?.columns.flatMap(({ column }) => ('app' in column ? [column.app] : []))).size).toBeGreaterThan(1);
  });

  it('needs a column for a table, and none for whole runs', async () => {
    const backend = fakeBackend({ apps: demoApps(), runs: pastRuns(3) });
    await open(backend);
    press('columns-none');
    expect(document.querySelector('[role="alert"]')?.textContent).toBe(en.out.columnNeeded);
    press('export-save');
    expect(sent(backend)).toBeUndefined();
    document.querySelector<HTMLElement>('[data-testid="export-kind"] [data-value="json_lines"]')?.click();
    flushSync();
    expect(document.querySelector('[data-testid="column"]')).toBeNull();
    press('export-save');
    await vi.waitFor(() => expect(sent(backend)).toMatchObject({ kind: 'json_lines', columns: [] }));
  });

  it('says how far it is, and can be stopped', async () => {
    const backend = fakeBackend({ apps: demoApps(), runs: pastRuns(3) });
    let stop: () => void = () => undefined;
    backend.runsExport = () => new Promise((_, reject) => (stop = () => reject(failure('cancelled'))));
    backend.exportStop = async () => stop();
    const desk = await open(backend);
    press('export-save');
    await vi.waitFor(() => expect(desk.outgoing.written).not.toBeNull());
    flushSync();
    backend.emit({ type: 'export_changed', runs: 100 });
    flushSync();
    expect(document.querySelector('.export [role="status"]')?.textContent).toBe('100 runs written');
    document.querySelector<HTMLElement>('[data-testid="export-stop"]')?.focus();
    press('export-stop');
    await vi.waitFor(() => expect(desk.toasts.list.at(-1)?.text).toBe(en.out.stopped));
    flushSync();
    expect(document.activeElement, 'the keyboard stays where it was').toBe(document.querySelector('[data-testid="export-cancel"]'));
    expect(desk.outgoing.asked).not.toBeNull();
    expect(desk.outgoing.written).toBeNull();
  });

  it('offers the list as it stands only where that is another one than all', () => {
    const desk = new Desk(fakeBackend({ apps: demoApps(), runs: [] }));
    expect(narrows(desk.finder('app-1').search, 'app-1'), 'the history of an app has all of its runs').toBe(false);
    expect(narrows(desk.finder(null).search, null)).toBe(false);
    desk.finder(null).text = 'lease';
    expect(narrows(desk.finder(null).search, null)).toBe(true);
    desk.finder('app-1').chosen = { ...desk.finder('app-1').chosen, starred: true };
    expect(narrows(desk.finder('app-1').search, 'app-1')).toBe(true);
  });

  it('says what a sheet had no room for', async () => {
    const backend = fakeBackend({ apps: demoApps(), runs: pastRuns(1) });
    backend.runsExport = async () => ({ runs: 5, cut: 1, full: true });
    const desk = await open(backend);
    press('export-save');
    await vi.waitFor(() => expect(desk.toasts.list.at(-1)?.text).toContain('1 text was too long for a cell'));
    expect(desk.toasts.list.at(-1)?.text).toContain('A sheet has no room');
  });
});

describe('what is offered for chosen runs', () => {
  it('is to export them, and to save one that is over', () => {
    const runs = past(pastRuns(6));
    const desk = {} as Desk;
    const offered = (some: PastRun[]) => outActions.filter((action) => action.offered?.(desk, some) ?? true).map(({ id }) => id);
    const over = runs.filter((run) => run.head.finishedAt !== null).slice(0, 1);
    expect(offered(over)).toEqual(['export', 'pack']);
    expect(offered(runs)).toEqual(['export']);
    expect(appOf([])).toBeNull();
  });

  it('has the same columns in both languages', () => {
    const variables = [{ appId: 'x', inputs: [{ variable: 'a', label: 'A' }], outputs: ['b'] }];
    const keys = allOf(columnsOf(variables, () => 'X', en)).map(({ key }) => key);
    expect(keys.slice(7)).toEqual(['cost', 'input x a', 'output x b', 'error', 'note', 'tags', 'details']);
    expect(allOf(columnsOf(variables, () => 'X', zh)).map(({ key }) => key)).toEqual(keys);
  });

  it('are told apart by app, and only where they would be called the same', () => {
    const of = (appId: string, inputs: [string, string][], outputs: string[]) => ({ appId, inputs: inputs.map(([variable, label]) => ({ variable, label })), outputs });
    const apps = [of('1', [['q', 'Question'], ['d', 'Document']], ['answer']), of('2', [['question', 'Question'], ['a', 'Text'], ['b', 'Text']], ['digest']), of('3', [['q', 'Question']], [])];
    const { apps: groups } = columnsOf(apps, (appId) => (appId === '1' ? 'Review' : 'Digest'), en);
    expect(groups.map(({ title }) => title), 'also apps that are called the same').toEqual(['Review', 'Digest', 'Digest 2']);
    expect(groups.flatMap(({ columns }) => columns.map(({ label }) => label))).toEqual([
      'Input: Question (Review)', 'Input: Document', 'Result: answer', 'Input: Question (Digest)', 'Input: Text (a)', 'Input: Text (b)', 'Result: digest', 'Input: Question (Digest 2)',
    ]);
    expect(groups[0]?.columns.map(({ short }) => short)).toEqual(['Input: Question', 'Input: Document', 'Result: answer']);
    expect(groups[1]?.columns[0]?.column).toEqual({ column: 'input', app: '2', variable: 'question' });
    expect(columnsOf(apps, () => '审阅', zh).apps[0]?.columns[0]?.label).toBe('输入：Question（审阅）');
  });
});

describe('the file of a run', () => {
  it('is opened where its run is', async () => {
    const runs = pastRuns(2);
    const desk = new Desk(fakeBackend({ apps: demoApps(), runs }));
    await desk.begin();
    const { id, appId } = runs[0]?.head ?? { id: '', appId: '' };
    hear(desk, { type: 'run_brought', outcome: { outcome: 'opened', unpacked: { runId: id, appId, known: false } } });
    expect(desk.page).toMatchObject({ kind: 'app', appId, tab: 'history', runId: id });
    hear(desk, { type: 'run_brought', outcome: { outcome: 'opened', unpacked: { runId: 'x', appId: 'gone', known: true } } });
    expect(desk.page).toEqual({ kind: 'runs', runId: 'x' });
    const failure = { code: 'run_file_newer' as const, message: '', detail: null, raw: null, subject: null, reason: null, wait: null, problems: [] };
    hear(desk, { type: 'run_brought', outcome: { outcome: 'failed', name: 'a.flowdeck-run', failure } });
    expect(desk.toasts.list.at(-1)?.text).toContain('“a.flowdeck-run” could not be opened.');
    expect(desk.toasts.list.at(-1)?.text).toContain('Update Flowdeck');
  });

  it('is opened when the program was started with it, after what a start shows by itself', async () => {
    const runs = pastRuns(2);
    const backend = fakeBackend({ apps: demoApps(), runs });
    const { id, appId } = runs[0]?.head ?? { id: '', appId: '' };
    const waiting: UnpackOutcome[] = [{ outcome: 'opened', unpacked: { runId: id, appId, known: true } }];
    backend.runsHanded = async () => waiting.splice(0);
    const desk = new Desk(backend);
    hear(desk, { type: 'files_handed' });
    expect(waiting, 'the page cannot show it yet').toHaveLength(1);
    await desk.begin();
    expect(desk.page).toMatchObject({ kind: 'app', appId, tab: 'history', runId: id });

    const failure = { code: 'run_file_invalid' as const, message: '', detail: null, raw: null, subject: null, reason: null, wait: null, problems: [] };
    waiting.push({ outcome: 'failed', name: 'letter.pdf', failure }, { outcome: 'failed', name: 'b.FLOWDECK-RUN', failure });
    desk.page = { kind: 'settings' };
    hear(desk, { type: 'files_handed' });
    await vi.waitFor(() => expect(desk.toasts.list.at(-1)?.text).toContain('“b.FLOWDECK-RUN” could not be opened.'));
    expect(desk.toasts.list.map(({ text }) => text).join('\n'), 'a document is told apart from a broken run').toContain('“letter.pdf” is not a run file');
    expect(desk.page, 'what is on screen stays').toEqual({ kind: 'settings' });
  });

  it('is announced while it hovers, wherever that is, and no form is', () => {
    const drops = new Drops();
    drops.take({ plan: () => ({ kind: 'no_field' }), take: () => true });
    const over = (names: string[], links = 0) => drops.hear({ type: 'files_over', x: 1, y: 1, names, folders: 0, links });
    over(['a.flowdeck-run', 'b.Flowdeck-Run']);
    expect([drops.runFiles, drops.plan]).toEqual([2, null]);
    over(['a.flowdeck-run', 'b.pdf']);
    expect([drops.runFiles, drops.plan?.kind]).toEqual([0, 'no_field']);
    over(['a.flowdeck-run'], 1);
    expect(drops.runFiles).toBe(0);
    drops.hear({ type: 'files_left' });
    expect(drops.runFiles).toBe(0);
  });
});

describe('a run of an app that is not connected', () => {
  it('shows how its app looks', async () => {
    const backend = fakeBackend({ apps: demoApps(), runs: pastRuns(1) });
    const [app] = demoApps();
    if (!app) throw new Error('no app');
    const { branding } = app;
    backend.appFaces = async () => [{ id: 'never-here', branding: { ...branding, title: 'Brought' } }];
    const desk = new Desk(backend);
    await desk.begin();
    await vi.waitFor(() => expect(desk.apps.look('never-here')?.title).toBe('Brought'));
    expect(desk.apps.get('never-here')).toBeUndefined();
    expect(desk.apps.look('app-1')?.title).toBe(desk.apps.get('app-1')?.branding.title);
  });
});
