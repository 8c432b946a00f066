/** What is kept, in the settings: rules that ask first, and backups. */
import { flushSync, mount, unmount, type Component } from 'svelte';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { fakeBackend, pastRuns, type FakeOptions } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import Trial from '../output/Trial.svelte';
import { Desk } from '../state/desk.svelte';
import BackupSettings from './BackupSettings.svelte';
import KeepingSettings from './KeepingSettings.svelte';
import { daysOf, fileSpans, offered, runSpans, wordOf } from './spans';

beforeAll(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function () {
    this.open = false;
  };
});

let drawn: ReturnType<typeof mount>[] = [];
afterEach(() => {
  for (const one of drawn) void unmount(one);
  drawn = [];
  document.body.innerHTML = '';
});

const find = <T extends HTMLElement>(testid: string) => document.querySelector<T>(`[data-testid=${testid}]`);

async function settings(options: FakeOptions = {}) {
  const [app] = demoApps();
  if (!app) throw new Error('no app');
  const day = 24 * 60 * 60 * 1000;
  const runs = pastRuns(5).map((run, n) => {
    const ended = Date.now() - (n + 1) * 40 * day;
    return { ...run, head: { ...run.head, appId: app.id, status: 'succeeded' as const, startedAt: ended, finishedAt: ended } };
  });
  const backend = fakeBackend({ apps: [app], runs, ...options });
  const desk = new Desk(backend);
  await desk.begin();
  for (const of of [KeepingSettings, BackupSettings]) drawn.push(mount(Trial, { target: document.body, props: { desk, of: of as unknown as Component<Record<string, unknown>>, given: {} } }));
  await vi.waitFor(() => expect(find('keep-runs')).not.toBeNull());
  return { backend, desk, runs };
}

async function choose(testid: string, value: string) {
  const select = find<HTMLSelectElement>(testid);
  if (!select) throw new Error(`no ${testid}`);
  select.value = value;
  select.dispatchEvent(new Event('change', { bubbles: true }));
  await Promise.resolve();
}

it('asks before a rule deletes anything, and says how much', async () => {
  const { backend, runs } = await settings();
  expect(find<HTMLSelectElement>('keep-runs')?.value, 'for ever is what holds').toBe('always');
  await choose('keep-runs', '90');
  await vi.waitFor(() => expect(find('answer-no')).not.toBeNull());
  const old = runs.filter((_, n) => (n + 1) * 40 > 90).length;
  expect(old, 'there is something to lose').toBeGreaterThan(0);
  expect(document.querySelector('dialog')?.textContent, 'how many').toContain(`${old} run`);
  expect(backend.calls.some(([name]) => name === 'keepingSet'), 'nothing is set before the answer').toBe(false);
  find('answer-no')?.click();
  await vi.waitFor(() => expect(find<HTMLSelectElement>('keep-runs')?.value, 'and what holds is shown').toBe('always'));
  await choose('keep-runs', '90');
  await vi.waitFor(() => expect(find('answer-yes')).not.toBeNull());
  find('answer-yes')?.click();
  await vi.waitFor(async () => expect((await backend.keeping()).rule.days, 'it is set').toBe(90));
  await vi.waitFor(() => expect(find('kept-runs')?.textContent).toContain(`${runs.length - old} run`));
});

it('sets a rule at once where nothing goes', async () => {
  const { backend } = await settings();
  await choose('keep-runs', '730');
  await vi.waitFor(async () => expect((await backend.keeping()).rule.days).toBe(730));
  expect(find('answer-yes'), 'nobody is asked').toBeNull();
});

it('keeps the keyboard at what was changed, whether it is asked about or not', async () => {
  const { backend } = await settings();
  find('keep-runs')?.focus();
  await choose('keep-runs', '730');
  await vi.waitFor(async () => expect((await backend.keeping()).rule.days).toBe(730));
  await vi.waitFor(() => expect(find<HTMLSelectElement>('keep-runs')?.value).toBe('730'));
  expect(document.activeElement).toBe(find('keep-runs'));
  await choose('keep-runs', '90');
  await vi.waitFor(() => expect(find('answer-yes')).not.toBeNull());
  expect(find<HTMLSelectElement>('keep-runs')?.value, 'that is not so yet').toBe('730');
  find('answer-yes')?.click();
  await vi.waitFor(() => expect(find<HTMLSelectElement>('keep-runs')?.value).toBe('90'));
  expect(document.activeElement).toBe(find('keep-runs'));
});

it('leads on from a button that goes when all runs of its app are deleted', async () => {
  const { runs } = await settings();
  find('delete-runs-of')?.focus();
  find('delete-runs-of')?.click();
  await vi.waitFor(() => expect(find('answer-yes')?.textContent).toContain(String(runs.length)));
  find('answer-yes')?.click();
  await vi.waitFor(() => expect(find('delete-runs-of')).toBeNull());
  await vi.waitFor(() => expect(document.activeElement).toBe(find('runs-of')));
});

it('keeps an app by its own rule and gives it up again', async () => {
  const { backend } = await settings();
  await choose('runs-of', '730');
  await vi.waitFor(async () => expect((await backend.keeping()).apps[0]?.rule).toEqual({ days: 730, filesDays: null }));
  await vi.waitFor(() => expect(find<HTMLSelectElement>('runs-of')?.value).toBe('730'));
  await choose('runs-of', 'all');
  await vi.waitFor(async () => expect((await backend.keeping()).apps[0]?.rule).toBeNull());
});

it('names every control', async () => {
  await settings();
  for (const select of document.querySelectorAll<HTMLSelectElement>('select')) {
    const name = select.getAttribute('aria-label') ?? document.querySelector(`label[for="${select.id}"]`)?.textContent;
    expect(name, select.outerHTML.slice(0, 80)).toBeTruthy();
  }
  expect(document.querySelector('[role=img]')?.getAttribute('aria-label'), 'the bar says its sizes').toMatch(/Files .*history .*unused/);
});

it('makes a backup and shows when', async () => {
  const { desk } = await settings();
  expect(find('last-backup')?.textContent).toBe('None has been made yet.');
  find('backup-make')?.click();
  await vi.waitFor(() => expect(find('last-backup')?.textContent).toContain('Last one:'));
  expect(desk.keeping.under, 'it is done').toBeNull();
});

it('shows how far a backup is, and stops it', async () => {
  const { backend, desk } = await settings();
  desk.keeping.under = { stage: null, percent: 0 };
  backend.emit({ type: 'backup_progress', stage: 'checking', done: 3, total: 4 });
  await vi.waitFor(() => expect(find('backup-progress')?.textContent).toContain('75%'));
  find('backup-make')?.click();
  expect(backend.calls.some(([name]) => name === 'backupMake'), 'one at a time').toBe(false);
  find('backup-cancel')?.focus();
  find('backup-cancel')?.click();
  await vi.waitFor(() => expect(backend.calls.some(([name]) => name === 'backupCancel')).toBe(true));
  desk.keeping.under = null;
  await vi.waitFor(() => expect(document.activeElement, 'the keyboard is led on').toBe(find('backup-make')));
});

it('restores only after it was said what a backup holds', async () => {
  const { backend } = await settings();
  find('backup-restore')?.click();
  await vi.waitFor(() => expect(find('answer-no')).not.toBeNull());
  expect(document.querySelector('dialog')?.textContent).toContain('keys of its apps are asked for again');
  find('answer-no')?.click();
  await vi.waitFor(() => expect(backend.calls.map(([name]) => name)).toContain('restoreDrop'));
  expect(backend.calls.some(([name]) => name === 'startAgain'), 'nothing starts').toBe(false);
  find('backup-restore')?.click();
  await vi.waitFor(() => expect(find('answer-yes')).not.toBeNull());
  find('answer-yes')?.click();
  await vi.waitFor(() => expect(backend.calls.map(([name]) => name).slice(-2)).toEqual(['restoreTake', 'startAgain']));
});

it('deletes what was set aside after a question, and leads the keyboard on', async () => {
  const { backend, desk } = await settings();
  await backend.backupRestore('', '', '');
  await backend.restoreTake();
  await desk.keeping.load();
  await vi.waitFor(() => expect(find('restore-forget')).not.toBeNull());
  expect(document.body.textContent, 'its size is said').toContain('kept for 30 days: 30\u00a0MB');
  find('restore-forget')?.focus();
  find('restore-forget')?.click();
  await vi.waitFor(() => expect(find('answer-yes')).not.toBeNull());
  find('answer-yes')?.click();
  await vi.waitFor(() => expect(find('restore-undo')).toBeNull());
  expect((await backend.keeping()).aside).toBeNull();
  await vi.waitFor(() => expect(document.activeElement).toBe(find('backup-make')));
});

it('says what a backup that cannot be read is', async () => {
  const { desk } = await settings({ failing: { backupRestore: 'backup_broken' } });
  find('backup-restore')?.click();
  await vi.waitFor(() => expect(desk.toasts.list.length, 'it is said').toBeGreaterThan(0));
  expect(desk.keeping.read).toBeNull();
});

it('deletes the runs of an app after a question', async () => {
  const { backend, runs } = await settings();
  document.querySelector<HTMLElement>('.kept-of button')?.click();
  flushSync();
  expect(document.querySelector('dialog h2')?.textContent).toContain(`${runs.length} runs`);
  expect(find('backup-first'), 'with a way to keep them first').not.toBeNull();
  find('answer-yes')?.click();
  await vi.waitFor(async () => expect((await backend.keeping()).apps[0]?.runs).toBe(0));
});

it('offers what somebody set otherwise', () => {
  expect(offered(runSpans, 45)).toEqual([null, 30, 45, 90, 180, 365, 730]);
  expect(offered(fileSpans, null)).toBe(fileSpans);
  for (const days of runSpans) expect(daysOf(wordOf(days))).toBe(days);
});
