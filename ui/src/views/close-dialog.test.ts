/** The question when the window closes while something is under way: what it names, and what it offers. */
import { mount, tick, unmount, type Component } from 'svelte';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBackend, pastRuns, type FakeBackend } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import type { RunHead } from '../ipc/gen/RunHead';
import type { Work } from '../ipc/gen/Work';
import Trial from '../output/Trial.svelte';
import { Desk } from '../state/desk.svelte';
import { desktop as en } from '../text/desktop-en';
import CloseDialog from './CloseDialog.svelte';

beforeAll(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
  // happy-dom and jsdom draw no dialogs.
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
    this.open = false;
  };
});

let backend: FakeBackend;
let drawn: ReturnType<typeof mount> | undefined;

async function ask(runs: RunHead[], work: Work[], quitting = false): Promise<void> {
  backend = fakeBackend({ apps: demoApps() });
  const desk = new Desk(backend);
  await desk.begin();
  drawn = mount(Trial, { target: document.body, props: { desk, of: CloseDialog as Component<Record<string, unknown>>, given: {} } });
  backend.emit({ type: 'close_asked', runs, work, quitting, tray: true });
  await tick();
}

const at = (testid: string) => document.querySelector<HTMLElement>(`[data-testid=${testid}]`);
const said = () => document.body.textContent ?? '';
const run = (): RunHead => {
  const [past] = pastRuns(1);
  if (!past) throw new Error('no run');
  return { ...past.head, status: 'running', finishedAt: null };
};

beforeEach(() => {
  localStorage.clear();
  document.body.replaceChildren();
});
afterEach(() => {
  if (drawn) void unmount(drawn);
  drawn = undefined;
});

describe('closing the window', () => {
  it('names a backup that would be lost, and breaks it off only when told to', async () => {
    await ask([], ['backup'], true);
    expect(said()).toContain(en.closing.quitAtWork);
    expect(at('close-work')?.textContent).toBe(en.closing.work.backup);
    expect(at('close-work-lost'), 'what ending means is said').not.toBeNull();
    expect(at('close-remember'), 'nothing is chosen for good by it').toBeNull();
    expect(said(), 'no run is spoken of').not.toMatch(/0 runs|newer servers/);
    at('close-stop')?.click();
    await tick();
    expect(said()).toContain(en.closing.breakingOff);
    expect(backend.calls.filter(([name]) => name === 'closeAnswer').map(([, answer]) => answer)).toEqual(['stop']);
  });

  it('counts runs and a table together', async () => {
    await ask([run()], ['export']);
    expect(said()).toContain(en.closing.closeTitle(1));
    expect(at('close-work')?.textContent).toBe(en.closing.work.export);
    expect(at('close-stop')?.textContent).toBe('Stop everything and quit');
    expect(said()).toContain(en.closing.inTray(2));
  });

  it('asks about runs alone as ever', async () => {
    await ask([run()], []);
    expect(at('close-work')).toBeNull();
    expect(at('close-work-lost')).toBeNull();
    expect(at('close-stop')?.textContent).toBe('Stop 1 run and quit');
    expect(at('close-remember')).not.toBeNull();
  });
});
