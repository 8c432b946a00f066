/** The outputs as the page draws them. */
import { flushSync, mount, tick, unmount, type Component } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { fakeBackend, pastRuns, type FakeBackend } from '../ipc/fake';
import type { Run } from '../ipc/gen/Run';
import { Desk } from '../state/desk.svelte';
import { RunView } from '../state/run-view';
import { en } from '../text/en';
import { step } from '../timeline/step-made';
import RunDocument from '../views/RunDocument.svelte';
import JsonTree from './JsonTree.svelte';
import ResultFiles from './ResultFiles.svelte';
import Trial from './Trial.svelte';

beforeAll(() => {
  vi.stubGlobal('ResizeObserver', class { observe() {} disconnect() {} });
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
  Element.prototype.scrollIntoView = () => undefined;
});

let shown: ReturnType<typeof mount> | undefined;
afterEach(() => {
  if (shown) void unmount(shown);
  shown = undefined;
  document.body.replaceChildren();
});

function draw<Props extends Record<string, unknown>>(of: unknown, given: Props, backend: FakeBackend = fakeBackend()): Props {
  shown = mount(Trial, { target: document.body, props: { desk: new Desk(backend), of: of as Component<Record<string, unknown>>, given } });
  flushSync();
  return given;
}

const look = <Found extends HTMLElement>(selector: string) => document.querySelector<Found>(selector);
const lines = () => [...document.querySelectorAll<HTMLElement>('[role="treeitem"]')].map((line) => line.dataset['line']);
const press = async (key: string, more: KeyboardEventInit = {}) => {
  document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }));
  flushSync();
  await tick();
};

describe('a tree of values', () => {
  const value = { first: { a: 1, b: [true, { deep: 'treasure' }] }, second: null, third: 'x'.repeat(500) };

  it('is walked with the keyboard as any tree', async () => {
    draw(JsonTree, { value, label: 'values' });
    look('[role="treeitem"]')?.focus();
    flushSync();
    expect(lines()).toEqual(['/first', '/first/a', '/first/b', '/second', '/third']);
    await press('ArrowLeft');
    expect(lines(), 'closed').toEqual(['/first', '/second', '/third']);
    await press('ArrowRight');
    await press('ArrowRight');
    expect(document.activeElement?.getAttribute('data-line'), 'the first inside').toBe('/first/a');
    await press('ArrowLeft');
    expect(document.activeElement?.getAttribute('data-line'), 'back to what holds it').toBe('/first');
    await press('End');
    expect(document.activeElement?.getAttribute('data-line')).toBe('/third');
    await press('s');
    expect(document.activeElement?.getAttribute('data-line'), 'by its first letter').toBe('/second');
    expect(document.querySelectorAll('[role="treeitem"][tabindex="0"]'), 'one stop for Tab').toHaveLength(1);
  });

  it('opens the way to what is searched, says how many there are, and how the place is called', async () => {
    vi.useFakeTimers();
    draw(JsonTree, { value, label: 'values' });
    const field = look<HTMLInputElement>('[data-testid="tree-search"]');
    if (!field) throw new Error('no search');
    field.value = 'TREASURE';
    field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    flushSync();
    await vi.advanceTimersByTimeAsync(300);
    vi.useRealTimers();
    flushSync();
    expect(look('[data-testid="tree-hits"]')?.textContent).toBe(en.outputs.hits(1, 1, false));
    expect(lines()).toContain('/first/b/1/deep');
    expect(look('[data-testid="tree-path"]')?.textContent).toBe('first.b[1].deep');
  });

  it('draws no more of 100,000 entries than can be seen', () => {
    draw(JsonTree, { value: Array.from({ length: 100_000 }, (_, n) => ({ n })), label: 'many' });
    expect(lines().length).toBeLessThan(100);
  });
});

function runWith(more: Partial<Run>): Run {
  const [run] = pastRuns(1);
  if (!run) throw new Error('no run');
  return { ...run, steps: [], texts: [], outputs: {}, files: [], ...more, head: { ...run.head, ...more.head } };
}

describe('a result', () => {
  const given = (run: Run) => ({ run, app: undefined, shown: { has: false, text: '', element: undefined, extension: 'md' }, kept: new RunView() });

  it('that is only part of one says so, and nothing else does', () => {
    const texts = [{ source: 'a.text', text: 'Half a sen' }];
    const failed = runWith({ texts });
    draw(RunDocument, given({ ...failed, head: { ...failed.head, status: 'failed' } }));
    expect(look('[data-testid="part-of-result"]')?.textContent).toContain(en.outputs.partOfResult);
    expect(look('[data-testid="result"]')?.textContent).toContain('Half a sen');
    if (shown) void unmount(shown);
    draw(RunDocument, given({ ...failed, outputs: { text: 'Half a sentence.' }, head: { ...failed.head, status: 'succeeded' } }));
    expect(look('[data-testid="part-of-result"]')).toBeNull();
  });

  it('of which nothing came says so', () => {
    const run = runWith({});
    draw(RunDocument, given({ ...run, head: { ...run.head, status: 'succeeded' } }));
    expect(document.body.textContent).toContain(en.outputs.nothing);
  });

  it('keeps what was thought when no text came of it', () => {
    const run = runWith({ steps: [step('a', { reasoning: ' \nLet me see.' })] });
    draw(RunDocument, given({ ...run, head: { ...run.head, status: 'failed' } }));
    expect(document.body.textContent, 'as it was seen before the end').toContain(en.reading.thought);
    expect(document.body.textContent).toContain(en.run.noText);
  });

  it('shows the pictures it keeps after its app was removed, and offers none of the web', async () => {
    vi.stubGlobal('URL', Object.assign(URL, { createObjectURL: () => 'blob:kept', revokeObjectURL: () => undefined }));
    const backend = fakeBackend();
    backend.runFileLook = () => Promise.resolve({ shows: 'picture', mimeType: 'image/png', text: null, whole: true } as never);
    backend.runFileBytes = () => Promise.resolve(new Uint8Array([1]) as never);
    const files: Run['files'] = [{ index: 0, variable: 'f', name: 'a.png', extension: 'png', mimeType: 'image/png', size: 3, local: 'stored', link: { address: 'https://a.example/a.png', until: null } }];
    const run = runWith({ files, outputs: { text: 'One.\n\n![kept](https://a.example/a.png)\n\n![other](https://b.example/b.png)' } });
    draw(RunDocument, given({ ...run, head: { ...run.head, status: 'succeeded' } }), backend);
    await vi.waitFor(() => expect(look<HTMLImageElement>('[data-testid="result"] img')?.src).toBe('blob:kept'));
    expect(look('[data-testid="show-picture"]'), 'nobody is left who may be asked').toBeNull();
  });

  it('leaves what is drawn alone when files arrive, and shows the picture that came', async () => {
    vi.stubGlobal('URL', Object.assign(URL, { createObjectURL: () => 'blob:kept', revokeObjectURL: () => undefined }));
    const backend = fakeBackend();
    backend.runFileLook = () => Promise.resolve({ shows: 'picture', mimeType: 'image/png', text: null, whole: true } as never);
    backend.runFileBytes = () => Promise.resolve(new Uint8Array([1]) as never);
    const file = (index: number, local: 'waiting' | 'stored') => ({ index, variable: 'f', name: `${index}.png`, extension: 'png', mimeType: 'image/png', size: 3, local, link: { address: `https://a.example/${index}.png`, until: null } }) as Run['files'][number];
    const run = runWith({ files: [file(0, 'stored'), file(1, 'waiting')], outputs: { text: 'One.\n\n![a](https://a.example/0.png)\n\n![b](https://a.example/1.png)' } });
    const now = new SvelteMap([['run', { ...run, head: { ...run.head, status: 'succeeded' as const } }]]);
    draw(RunDocument, { ...given(run), get run() { return now.get('run'); } }, backend);
    await vi.waitFor(() => expect(look('[data-testid="result"] img')).not.toBeNull());
    const [words, picture] = [look('[data-testid="result"] p'), look('[data-testid="result"] img')];
    now.set('run', { ...run, files: [file(0, 'stored'), file(1, 'stored')], head: { ...run.head, status: 'succeeded' } });
    flushSync();
    await vi.waitFor(() => expect(document.querySelectorAll('[data-testid="result"] img')).toHaveLength(2));
    expect(look('[data-testid="result"] p'), 'drawn anew, the text would lose its height for a moment and the reader the place').toBe(words);
    expect(look('[data-testid="result"] img'), 'a picture that comes anew has no height at first').toBe(picture);
  });

  it('is not drawn anew when the list of files comes with nothing new to it', async () => {
    const files: Run['files'] = [{ index: 0, variable: 'f', name: 'a.pdf', extension: 'pdf', mimeType: null, size: 3, local: 'stored', link: { address: '/a', until: null } }];
    const run = runWith({ files, texts: [{ source: 'a.text', text: 'One.' }] });
    const now = new SvelteMap([['run', { ...run, head: { ...run.head, status: 'running' as const } }]]);
    draw(RunDocument, { ...given(run), get run() { return now.get('run'); } });
    const before = look('[data-testid="result"] p');
    now.set('run', { ...run, files: files.map((file) => ({ ...file })), head: { ...run.head, status: 'running' } });
    flushSync();
    await tick();
    expect(before?.isConnected, 'what is selected stays selected').toBe(true);
  });

  it('that waits for its first word is not a blank page', () => {
    const run = runWith({});
    draw(RunDocument, given({ ...run, head: { ...run.head, status: 'waiting' } }));
    expect(document.body.textContent).toContain(en.run.noTextYet);
  });
});

describe('a result file', () => {
  const file = (local: Run['files'][number]['local'], until: number | null, has = true): Run['files'][number] => ({ index: 0, variable: 'f', name: 'a.pdf', extension: 'pdf', mimeType: null, size: 12, local, link: has ? { address: '/x', until } : null });

  it('can be fetched again as long as its link may live', () => {
    const backend = fakeBackend();
    draw(ResultFiles, { runId: 'r', files: [file('failed', Date.now() + 60_000)] }, backend);
    expect(document.body.textContent).toContain(en.outputs.stillLives);
    look('[data-testid="fetch-again"]')?.click();
    expect(backend.calls).toContainEqual(['runFilesFetch', 'r']);
  });

  it.each([
    ['whose link died', file('failed', Date.now() - 1), en.outputs.local.expired],
    ['that the server gives out no more', file('expired', Date.now() - 1), en.outputs.local.expired],
    ['without a link', file('failed', null, false), en.outputs.local.failed],
    ['that is too large', file('too_large', null), en.outputs.local.too_large],
  ])('%s is not offered in vain', (_, one, words) => {
    draw(ResultFiles, { runId: 'r', files: [one] });
    expect(document.body.textContent).toContain(words);
    expect(look('[data-testid="fetch-again"]')).toBeNull();
  });
});
