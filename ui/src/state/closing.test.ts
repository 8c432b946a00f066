import { beforeEach, describe, expect, it } from 'vitest';
import { fakeBackend, pastRuns, type FakeBackend } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import type { RunHead } from '../ipc/gen/RunHead';
import type { Work } from '../ipc/gen/Work';
import { Desk } from './desk.svelte';

const running = (id: string): RunHead => {
  const [run] = pastRuns(1);
  if (!run) throw new Error('no run');
  return { ...run.head, id, status: 'running', finishedAt: null };
};
const words = (runs: string) => ({ show: 'Show Flowdeck', runs, quit: 'Quit' });

describe('closing the window', () => {
  let backend: FakeBackend;
  let desk: Desk;
  const ask = (runs: RunHead[], quitting = false, work: Work[] = []) => backend.emit({ type: 'close_asked', runs, work, quitting, tray: true });
  const change = (head: RunHead) =>
    backend.emit({ type: 'run_changed', patch: { id: head.id, head, steps: [], texts: [], outputs: null, files: null, notices: null, questions: null, unknownEvents: null } });
  const answers = () => backend.calls.filter(([name]) => name === 'closeAnswer' || name === 'traySay');

  beforeEach(async () => {
    localStorage.clear();
    window.matchMedia = (media) => ({ media, matches: false, onchange: null, addEventListener: () => undefined, removeEventListener: () => undefined, addListener: () => undefined, removeListener: () => undefined, dispatchEvent: () => false });
    backend = fakeBackend({ apps: demoApps() });
    desk = new Desk(backend);
    await desk.begin();
    change(running('a'));
    change(running('b'));
  });

  it('asks once for all runs, and says that the question was taken up', () => {
    ask([running('a'), running('b')]);
    expect(desk.closing.asked?.runs).toHaveLength(2);
    expect(backend.calls.map(([name]) => name)).toContain('closeHeard');
    expect(answers()).toEqual([]);
  });

  it('keeps the tray’s line true while the window is hidden', async () => {
    ask([running('a'), running('b')]);
    await desk.closing.answer('background', false);
    change({ ...running('a'), status: 'succeeded' });
    change({ ...running('b'), status: 'waiting' });
    expect(answers()).toEqual([
      ['closeAnswer', 'background', words('2 runs are under way')],
      ['traySay', words('1 run is under way')],
      ['traySay', words('Nothing is running')],
    ]);
    backend.emit({ type: 'window_shown' });
    change(running('c'));
    expect(answers(), 'no tray is there while the window is').toHaveLength(3);
  });

  it('keeps a choice, but takes “keep running” for no answer to the wish to quit', async () => {
    ask([running('a')]);
    await desk.closing.answer('background', true);
    ask([running('a')]);
    expect(desk.closing.asked).toBeNull();
    expect(answers()).toHaveLength(2);
    ask([running('a')], true);
    expect(desk.closing.asked?.quitting).toBe(true);
    await desk.closing.answer('cancel', true);
    expect(desk.looks.closing, 'a cancelled question chooses nothing').toBe('background');
  });

  it('forgets the question when what it asked about has ended', () => {
    ask([running('a'), running('b')]);
    change({ ...running('a'), status: 'failed' });
    expect(desk.closing.asked?.runs.map((run) => run.id)).toEqual(['b']);
    change({ ...running('b'), status: 'succeeded' });
    expect(desk.closing.asked).toBeNull();
  });

  it('asks about a backup, whatever was chosen for runs', async () => {
    ask([running('a')]);
    await desk.closing.answer('stop', true);
    desk.closing.stopping = false;
    ask([], false, ['backup']);
    expect(desk.closing.asked?.work, 'nobody chose to lose a backup').toEqual(['backup']);
    expect(answers()).toHaveLength(1);
    desk.looks.closing = 'background';
    ask([], false, ['backup']);
    expect(answers().at(-1)?.[1], 'in the background nothing is lost').toBe('background');
    desk.looks.closing = 'ask';
    ask([running('a')], false, ['export']);
    change({ ...running('a'), status: 'succeeded' });
    expect(desk.closing.asked?.work, 'the runs have ended, the table has not').toEqual(['export']);
  });

  it('shows what is being stopped until the program ends', async () => {
    ask([running('a')]);
    await desk.closing.answer('stop', false);
    change({ ...running('a'), status: 'stopped' });
    expect(desk.closing.stopping && desk.closing.asked, 'the words stay until the window goes').toBeTruthy();
    await desk.closing.answer('cancel', false);
    expect(answers(), 'there is no way back').toHaveLength(1);
  });
});

describe('a clicked notification', () => {
  it('opens its run on the Run tab, or all runs where it told of several', async () => {
    const runs = pastRuns(2);
    const backend = fakeBackend({ apps: demoApps(), runs });
    const desk = new Desk(backend);
    await desk.begin();
    const [run] = runs;
    if (!run) throw new Error('no run');
    await desk.openRun(run.head.id);
    expect(desk.page).toMatchObject({ kind: 'app', appId: run.head.appId, tab: 'run' });
    expect(desk.current.get(run.head.appId)).toBe(run.head.id);
    await desk.openRun(null);
    expect(desk.page).toEqual({ kind: 'runs', runId: null });
  });
});

describe('a stop that does not arrive', () => {
  const start = async () => {
    window.matchMedia = (media) => ({ media, matches: false, onchange: null, addEventListener: () => undefined, removeEventListener: () => undefined, addListener: () => undefined, removeListener: () => undefined, dispatchEvent: () => false });
    localStorage.clear();
    const backend = fakeBackend({ apps: demoApps() });
    const desk = new Desk(backend);
    await desk.begin();
    backend.emit({ type: 'close_asked', runs: [running('a'), running('b')], work: [], quitting: false, tray: true });
    await desk.closing.answer('stop', false);
    backend.emit({ type: 'stop_not_heard', runs: [running('a')] });
    const answers = () => backend.calls.filter(([name]) => name === 'closeAnswer').map(([, answer]) => answer);
    return { backend, closing: desk.closing, answers };
  };

  it('is said and asked about before the program ends', async () => {
    const { closing, answers } = await start();
    expect(closing.unheard.map((run) => run.id), 'only what the server does not know').toEqual(['a']);
    expect(closing.stopping || closing.asked, 'the dialog before makes room').toBeFalsy();
    expect(answers(), 'nothing ends by itself').toEqual(['stop']);
    await closing.answer('quit', false);
    expect(answers()).toEqual(['stop', 'quit']);
    expect(closing.unheard).toEqual([]);
  });

  it('leaves everything as it is when the user keeps running', async () => {
    const { backend, closing, answers } = await start();
    await closing.answer('cancel', false);
    expect(answers()).toEqual(['stop', 'cancel']);
    backend.emit({ type: 'close_asked', runs: [running('a')], work: [], quitting: false, tray: true });
    expect(closing.asked?.runs, 'closing asks anew').toHaveLength(1);
  });

  it('is no question any more once the runs have ended', async () => {
    const { backend, closing } = await start();
    backend.emit({ type: 'run_changed', patch: { id: 'a', head: { ...running('a'), status: 'stopped' }, steps: [], texts: [], outputs: null, files: null, notices: null, questions: null, unknownEvents: null } });
    expect(closing.unheard).toEqual([]);
  });
});
