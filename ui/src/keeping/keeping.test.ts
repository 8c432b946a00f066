/** What is kept, in the settings: rules that ask first, and backups. */
import { flushSync, mount, unmount, type Component } from 'svelte';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { fakeBackend, pastRuns, type FakeOptions } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import Trial from '../output/Trial.svelte';
import { Desk } from '../state/desk.svelte';
import { en } from '../text/en';
import { zh } from '../text/zh';
import BackupSettings from './BackupSettings.svelte';
import KeepingSettings from './KeepingSettings.svelte';
import { daysOf, fileSpans, inDays, mostOf, offered, runSpan, runSpans, spanOf, units, wordOf } from './spans';

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

it('says while runs of an app are being deleted, and does nothing a second time', async () => {
  const { backend, desk, runs } = await settings();
  const gone = backend.keepingDelete;
  let go = (): void => undefined;
  backend.keepingDelete = async (app) => {
    await new Promise<void>((resolve) => (go = resolve));
    return gone(app);
  };
  const button = find('delete-runs-of');
  button?.focus();
  button?.click();
  await vi.waitFor(() => expect(find('answer-yes')).not.toBeNull());
  find('answer-yes')?.click();
  await vi.waitFor(() => expect(button?.textContent).toBe('Being deleted…'));
  expect([button?.getAttribute('aria-disabled'), document.activeElement === button], 'the keyboard stays').toEqual(['true', true]);
  await vi.waitFor(() => expect(find('keeping-busy')?.textContent).toContain('are being deleted'));
  expect(find('keeping-busy')?.closest('[role=status]'), 'it is read out').not.toBeNull();
  button?.click();
  flushSync();
  expect(find('answer-yes')).toBeNull();
  go();
  await vi.waitFor(() => expect(find('keeping-busy')).toBeNull());
  await vi.waitFor(() => expect(desk.toasts.list.at(-1)?.text).toContain(`${runs.length} runs were deleted`));
  backend.keepingDelete = () => Promise.reject(new Error('disk full'));
  await expect(desk.keeping.deleteRuns(desk.apps.list[0]?.id ?? '')).rejects.toThrow();
  expect(desk.keeping.deleting, 'it is over where it failed').toBeNull();
});

it('says while a rule is being applied', async () => {
  const { backend, desk } = await settings();
  const sweep = backend.keepingSweep;
  let go = (): void => undefined;
  backend.keepingSweep = async () => {
    await new Promise<void>((resolve) => (go = resolve));
    return sweep();
  };
  await choose('keep-runs', '90');
  await vi.waitFor(() => expect(find('answer-yes')).not.toBeNull());
  find('answer-yes')?.click();
  await vi.waitFor(() => expect(find('keeping-busy')?.textContent).toContain('The rule is being applied'));
  expect(find('delete-runs-of')?.getAttribute('aria-disabled'), 'nothing is deleted beside it').toBe('true');
  go();
  await vi.waitFor(() => expect(find('keeping-busy')).toBeNull());
  await vi.waitFor(() => expect(desk.toasts.list.at(-1)?.text).toContain('deleted'));
  expect(find('delete-runs-of')?.getAttribute('aria-disabled')).toBe('false');
});

it('keeps an app by its own rule and gives it up again', async () => {
  const { backend } = await settings();
  await choose('runs-of', '730');
  await vi.waitFor(async () => expect((await backend.keeping()).apps[0]?.rule).toEqual({ days: 730, filesDays: null }));
  await vi.waitFor(() => expect(find<HTMLSelectElement>('runs-of')?.value).toBe('730'));
  await choose('runs-of', 'all');
  await vi.waitFor(async () => expect((await backend.keeping()).apps[0]?.rule).toBeNull());
});

async function fillIn(number: string, unit: string) {
  await vi.waitFor(() => expect(find('span-number')).not.toBeNull());
  const [input, select] = [find<HTMLInputElement>('span-number'), find<HTMLSelectElement>('span-unit')];
  if (!input || !select) throw new Error('nothing to fill in');
  input.value = number;
  input.dispatchEvent(new Event('input', { bubbles: true }));
  select.value = unit;
  select.dispatchEvent(new Event('change', { bubbles: true }));
  flushSync();
  find('span-set')?.click();
  flushSync();
}

it('takes any time, in days, months or years', async () => {
  const { backend } = await settings();
  await choose('keep-runs', 'other');
  expect(find<HTMLSelectElement>('keep-runs')?.value, 'what holds is shown until another time is set').toBe('always');
  await fillIn('10', 'years');
  // Ten years have up to three leap days: whoever has to keep them so long keeps none shorter.
  await vi.waitFor(async () => expect((await backend.keeping()).rule.days).toBe(3653));
  await vi.waitFor(() => expect(find<HTMLSelectElement>('keep-runs')?.selectedOptions[0]?.textContent).toBe('For 10 years'));
  await choose('keep-files', 'other');
  await fillIn('１４', 'days');
  await vi.waitFor(async () => expect((await backend.keeping()).rule.filesDays).toBe(14));
  await choose('runs-of', 'other');
  await fillIn('6', 'years');
  await vi.waitFor(async () => expect((await backend.keeping()).apps[0]?.rule?.days).toBe(2192));
  await vi.waitFor(() => expect(find<HTMLSelectElement>('runs-of')?.selectedOptions[0]?.textContent).toBe('For 6 years'));
});

it('says which times it takes, and keeps what holds', async () => {
  const { backend } = await settings();
  find('keep-runs')?.focus();
  await choose('keep-runs', 'other');
  for (const [number, unit, most] of [['0', 'days', '36,500'], ['2.5', 'months', '1,200'], ['101', 'years', '100'], ['', 'days', '36,500'], ['-3', 'days', '36,500'], ['1e3', 'days', '36,500']] as const) {
    await fillIn(number, unit);
    const input = find('span-number');
    expect(document.querySelector('dialog [role=alert]')?.textContent, `${number} ${unit}`).toContain(`A whole number from 1 to ${most}.`);
    expect(input?.getAttribute('aria-invalid')).toBe('true');
    expect(document.getElementById(input?.getAttribute('aria-describedby') ?? '')?.textContent).toContain(most);
    expect(document.activeElement, 'the keyboard is where it is to be put right').toBe(input);
  }
  document.querySelector<HTMLElement>('dialog [data-testid=span-cancel]')?.click();
  await vi.waitFor(() => expect(find('span-number')).toBeNull());
  expect(document.activeElement, 'and back where it was').toBe(find('keep-runs'));
  expect((await backend.keeping()).rule.days).toBeNull();
});

it('begins with the time that holds, in its own words', async () => {
  expect(spanOf(14)).toEqual({ number: 14, unit: 'days' });
  expect([spanOf(365), spanOf(366), spanOf(730), spanOf(731)].map(({ number, unit }) => `${number} ${unit}`)).toEqual(['1 years', '1 years', '2 years', '2 years']);
  for (const unit of units) {
    for (let number = 1; number <= Math.min(mostOf[unit], 130); number++) {
      const days = inDays(number, unit);
      const back = spanOf(days);
      expect(inDays(back.number, back.unit), `${number} ${unit} are so many days again`).toBe(days);
      expect(runSpan(days, en)).toMatch(/^For \d/);
    }
  }
  // No month and no year is longer than what stands for it.
  for (let number = 1; number <= 120; number++) {
    for (let month = 0; month < 48; month++) {
      const days = (Date.UTC(2023, month + number, 1) - Date.UTC(2023, month, 1)) / 86_400_000;
      expect(inDays(number, 'months'), `${number} months from month ${month}`).toBeGreaterThanOrEqual(days);
    }
  }
  expect(Object.keys(zh.keeping.unit)).toEqual(Object.keys(en.keeping.unit));
});

it('names every control', async () => {
  await settings();
  await choose('keep-runs', 'other');
  await vi.waitFor(() => expect(find('span-number')).not.toBeNull());
  for (const select of document.querySelectorAll<HTMLSelectElement | HTMLInputElement>('select, input')) {
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

it('takes what the user set along, says so, and brings it back with the next start', async () => {
  localStorage.clear();
  const { backend, desk } = await settings();
  [desk.looks.theme, desk.looks.language, desk.looks.textSize, desk.looks.notify, desk.looks.formWidth] = ['dark', 'zh', 'large', false, 400];
  desk.player.setSpeed(1.5);
  desk.player.setVolume(0.3);
  const [app] = desk.apps.list;
  if (!app) throw new Error('no app');
  desk.looks.keepShowsSteps(app.id, false);
  find('backup-make')?.click();
  await vi.waitFor(() => expect(desk.keeping.now?.backup).not.toBeNull());
  const handed = backend.calls.find(([name]) => name === 'backupMake')?.[2];
  expect(handed).toMatchObject({ theme: 'dark', language: 'zh', textSize: 'large', notify: false, closing: 'ask', speed: 150, showsSteps: { [app.id]: false } });
  for (const ours of ['formWidth', 'railWide', 'resultShare', 'sourceShare', 'volume']) expect(handed, 'the screen and its sound stay here').not.toHaveProperty(ours);

  // Set otherwise since, as on another computer.
  [desk.looks.theme, desk.looks.language, desk.looks.textSize, desk.looks.notify, desk.looks.formWidth] = ['light', 'en', 'small', true, 500];
  desk.player.setSpeed(2);
  find('backup-restore')?.click();
  await vi.waitFor(() => expect(find('answer-yes')).not.toBeNull());
  expect(document.querySelector('dialog')?.textContent).toContain('Language, theme and other settings come with it.');
  find('answer-yes')?.click();
  await vi.waitFor(() => expect(backend.calls.at(-1)?.[0]).toBe('startAgain'));
  expect(desk.looks.theme, 'nothing changes before the next start').toBe('light');
  const again = new Desk(backend);
  await again.begin();
  expect([again.looks.theme, again.looks.language, again.looks.textSize, again.looks.notify, again.looks.showsSteps(app.id), again.player.speed]).toEqual(['dark', 'zh', 'large', false, false, 1.5]);
  expect([document.documentElement.dataset['theme'], document.documentElement.lang], 'and is seen at once').toEqual(['dark', 'zh-CN']);
  expect([again.looks.formWidth, again.player.volume], 'of this computer').toEqual([500, 0.3]);
  expect(backend.calls.filter(([name]) => name === 'playerSpeed').at(-1)?.[1], 'heard at that speed, too').toBe(1.5);

  again.looks.theme = 'system';
  const later = new Desk(backend);
  await later.begin();
  expect(later.looks.theme, 'told once: what is set then is not taken back').toBe('system');
  await later.keeping.undo();
  const before = new Desk(backend);
  await before.begin();
  expect([before.looks.theme, before.looks.language, before.player.speed], 'as before the restore').toEqual(['light', 'en', 2]);
  localStorage.clear();
});

it('leaves what is set as it is where a backup says nothing of it', async () => {
  localStorage.clear();
  const { backend, desk } = await settings();
  [desk.looks.theme, desk.looks.language] = ['dark', 'en'];
  find('backup-restore')?.click();
  await vi.waitFor(() => expect(find('answer-yes')).not.toBeNull());
  expect(document.querySelector('dialog')?.textContent).toContain('Language, theme and text size are not in it');
  find('answer-yes')?.click();
  await vi.waitFor(() => expect(backend.calls.at(-1)?.[0]).toBe('startAgain'));
  const kept = localStorage.getItem('flowdeck.looks');
  const again = new Desk(backend);
  await again.begin();
  expect([again.looks.theme, again.looks.language, localStorage.getItem('flowdeck.looks')]).toEqual(['dark', 'en', kept]);
  const failing = new Desk(fakeBackend({ failing: { restoredPreferences: 'internal' } }));
  await failing.begin();
  expect([failing.ready, failing.looks.theme], 'a start that cannot ask goes on').toEqual([true, 'dark']);
  localStorage.clear();
});

it('deletes what was set aside after a question, and leads the keyboard on', async () => {
  const { backend, desk } = await settings();
  await backend.backupRestore('', '', '');
  await backend.restoreTake({});
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
  expect(offered(runSpans, 366), 'a year stands there once').toEqual([null, 30, 90, 180, 366, 730]);
  expect(offered(fileSpans, null)).toBe(fileSpans);
  for (const days of runSpans) expect(daysOf(wordOf(days))).toBe(days);
});
