/** What Copy and Save take of an output, and how often kept pictures are read. */
import { createRawSnippet, flushSync, mount, unmount, type Component } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { fakeBackend } from '../ipc/fake';
import type { RunFile } from '../ipc/gen/RunFile';
import { Desk } from '../state/desk.svelte';
import FileThumb from './FileThumb.svelte';
import OutputPart from './OutputPart.svelte';
import { textPart, type Part } from './shape';
import type { Shown } from './shown';
import Trial from './Trial.svelte';

beforeAll(() => {
  vi.stubGlobal('ResizeObserver', class { observe() {} disconnect() {} });
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
});

let drawn: ReturnType<typeof mount> | undefined;
afterEach(() => {
  if (drawn) void unmount(drawn);
  drawn = undefined;
});

function draw(of: unknown, given: Record<string, unknown>, backend = fakeBackend()): void {
  drawn = mount(Trial, { target: document.body, props: { desk: new Desk(backend), of: of as Component<Record<string, unknown>>, given } });
  flushSync();
}

describe('an output', () => {
  function taken(part: Part): Shown {
    let shown: Shown = { has: false, text: '', element: undefined, extension: 'md' };
    const document = createRawSnippet(() => ({ render: () => '<p></p>' }));
    draw(OutputPart, { part, streaming: false, label: 'x', element: undefined, whole: true, document, get shown() { return shown; }, set shown(now: Shown) { shown = now; } });
    return shown;
  }

  it('that is a table in a text is taken as it was written', () => {
    const text = 'name;n\n=a;-\nb;1\n';
    const shown = taken(textPart('t', text));
    expect([shown.has, shown.extension, shown.text, shown.saved?.()]).toEqual([true, 'csv', text, text]);
  });

  it('whose rows are longer than the first is text first', () => {
    const shown = taken(textPart('t', `a;b\n${'1;2\n'.repeat(60)}1;2;3\n`));
    expect([shown.extension, shown.whole], 'and still what the run itself speaks').toEqual(['txt', true]);
  });
});

describe('a thumb', () => {
  it('is read once, however often the list of files comes', async () => {
    vi.spyOn(URL, 'createObjectURL').mockReturnValue('blob:one');
    vi.spyOn(URL, 'revokeObjectURL').mockImplementation(() => undefined);
    const backend = { ...fakeBackend(), runFileLook: vi.fn(async () => ({ shows: 'picture' as const, mimeType: 'image/png', size: 1, text: null, cut: false })) };
    const file: RunFile = { index: 0, variable: 'f', name: 'a.png', extension: 'png', mimeType: null, size: 1, local: 'stored', link: null };
    const now = new SvelteMap([['file', file]]);
    draw(FileThumb, { runId: 'r', get file() { return now.get('file'); }, onlook: () => undefined }, backend);
    await vi.waitFor(() => expect(document.querySelector('img')).not.toBeNull());
    now.set('file', { ...file });
    flushSync();
    expect(backend.runFileLook).toHaveBeenCalledTimes(1);
    now.set('file', { ...file, index: 1 });
    flushSync();
    expect(backend.runFileLook, 'another file is another picture').toHaveBeenCalledTimes(2);
  });
});
