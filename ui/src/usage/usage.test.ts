/** The page of what runs used: what it asks for, and that its table says all that the chart does. */
import { flushSync, mount, tick, unmount, type Component } from 'svelte';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { fakeBackend, pastRuns, type FakeBackend } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import Trial from '../output/Trial.svelte';
import { Desk } from '../state/desk.svelte';
import UsageView from '../views/Usage.svelte';

beforeAll(() => {
  // jsdom has neither.
  window.matchMedia = (media) => ({ media, matches: false, onchange: null, addEventListener: () => undefined, removeEventListener: () => undefined, addListener: () => undefined, removeListener: () => undefined, dispatchEvent: () => false });
  window.ResizeObserver = class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
  Element.prototype.scrollIntoView = () => undefined;
});

let drawn: ReturnType<typeof mount> | undefined;
afterEach(() => {
  if (drawn) void unmount(drawn);
  drawn = undefined;
});

async function open(backend: FakeBackend): Promise<Desk> {
  const desk = new Desk(backend);
  await desk.begin();
  drawn = mount(Trial, { target: document.body, props: { desk, of: UsageView as unknown as Component<Record<string, unknown>>, given: { appId: null } } });
  flushSync();
  await vi.waitFor(() => expect(document.querySelector('[data-testid="usage-table"], .empty, [data-testid="failure"]')).not.toBeNull());
  return desk;
}

const cells = (selector: string) => [...document.querySelectorAll(selector)].map((cell) => cell.textContent?.trim() ?? '');

describe('the usage', () => {
  it('stands as a chart, and beside it as a table with a sum', async () => {
    const runs = pastRuns(60);
    await open(fakeBackend({ apps: demoApps(), runs }));
    const chart = document.querySelector('[data-testid="usage-chart"]');
    expect(chart?.getAttribute('role')).toBe('img');
    expect(chart?.getAttribute('aria-label')).toContain('Runs per week');
    const ofRows = cells('[data-testid="usage-table"] tbody tr td:nth-of-type(2)').map(Number);
    expect(ofRows.length).toBeGreaterThan(0);
    expect(Number(cells('[data-testid="usage-table"] tfoot td:nth-of-type(1)')[0])).toBe(ofRows.reduce((sum, count) => sum + count, 0));
    expect(document.querySelectorAll('[data-testid="usage-bar"]').length).toBeGreaterThanOrEqual(12);
  });

  it('asks for one app, and for another time', async () => {
    const backend = fakeBackend({ apps: demoApps(), runs: pastRuns(20) });
    await open(backend);
    const choice = document.querySelector<HTMLSelectElement>('[data-testid="usage-app"]');
    if (!choice) throw new Error('no choice of apps');
    choice.value = 'app-1';
    choice.dispatchEvent(new Event('change', { bubbles: true }));
    document.querySelector<HTMLElement>('[data-testid="usage-span"] [data-value="all"]')?.click();
    flushSync();
    await tick();
    expect(backend.calls.filter(([name]) => name === 'usage').at(-1)).toEqual(['usage', null, null, ['app-1'], 'own']);
  });

  it('is of one’s own runs, unless all that are known are wanted', async () => {
    const runs = pastRuns(20);
    const backend = fakeBackend({ apps: demoApps(), runs });
    await open(backend);
    expect(document.querySelector('[data-testid="usage-whose"] [data-value="own"]')?.getAttribute('aria-checked')).toBe('true');
    expect(document.body.textContent).toContain('under your user');
    document.querySelector<HTMLElement>('[data-testid="usage-whose"] [data-value="known"]')?.click();
    flushSync();
    await tick();
    expect(backend.calls.filter(([name]) => name === 'usage').at(-1)?.[4]).toBe('known');
    expect(document.body.textContent).toContain('other people’s runs');
  });

  it('says of how many runs the cost is known', async () => {
    const runs = pastRuns(20).map((run, at) => ({ ...run, steps: at < 15 ? [] : run.steps, head: { ...run.head, server: { ...run.head.server, runId: `s${at}` } } }));
    const known = runs.filter((run) => run.steps.length > 0).length;
    const backend = fakeBackend({ apps: demoApps(), runs });
    await open(backend);
    const { rows } = await backend.usage(null, null, [], 'own');
    expect(rows.reduce((sum, row) => sum + row.priced, 0)).toBe(known);
    expect(document.querySelector('[data-testid="usage-partly"]')?.textContent).toMatch(/^The cost is known for \d+ of \d+ runs\. /);
    expect(cells('[data-testid="usage-table"] tfoot td:last-child')[0]).toMatch(/\d+ of \d+ runs$/);
  });

  it('can be looked at for every app that has runs here', async () => {
    const runs = pastRuns(3).map((run) => ({ ...run, head: { ...run.head, appId: 'gone' } }));
    const backend = fakeBackend({ apps: demoApps(), runs });
    const [app] = demoApps();
    if (!app) throw new Error('no app');
    backend.appFaces = async () => [{ id: 'gone', branding: { ...app.branding, title: 'Old digest' } }];
    await open(backend);
    await vi.waitFor(() => expect(document.querySelector('[data-testid="usage-app"] optgroup')?.getAttribute('label')).toBe('No longer connected'));
    const choice = document.querySelector<HTMLSelectElement>('[data-testid="usage-app"]');
    if (!choice) throw new Error('no choice of apps');
    choice.value = 'gone';
    choice.dispatchEvent(new Event('change', { bubbles: true }));
    flushSync();
    await tick();
    expect(backend.calls.filter(([name]) => name === 'usage').at(-1)?.[3]).toEqual(['gone']);
  });

  it('is saved as a table', async () => {
    const backend = fakeBackend({ apps: demoApps(), runs: pastRuns(20) });
    const desk = await open(backend);
    document.querySelector<HTMLElement>('[data-testid="usage-save"]')?.click();
    await vi.waitFor(() => expect(desk.toasts.list.at(-1)?.text).toBe('Saved.'));
    const [, , name, text] = backend.calls.find(([called]) => called === 'runSaveText') ?? [];
    expect(name).toBe('usage.csv');
    expect(String(text)).toMatch(/^\ufeffWeek of,App,Runs,Failed,.*,Cost known for\r?\n/);
  });

  it('says so when nothing ran, and when it cannot be read', async () => {
    await open(fakeBackend({ apps: demoApps() }));
    expect(document.body.textContent).toContain('No runs in this time');
    if (drawn) await unmount(drawn);
    await open(fakeBackend({ apps: demoApps(), failing: { usage: 'store' } }));
    expect(document.querySelector('[role="alert"]')).not.toBeNull();
  });
});
