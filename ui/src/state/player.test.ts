import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBackend, pastRuns } from '../ipc/fake';
import { demoApps } from '../ipc/fake-data';
import type { Player } from '../ipc/gen/Player';
import { en } from '../text/en';
import { zh } from '../text/zh';
import { isSound, troubleWords } from '../speech/words';
import { Desk } from './desk.svelte';

beforeAll(() => {
  // jsdom has no media queries.
  window.matchMedia = (media) => ({ media, matches: false, onchange: null, addEventListener: () => undefined, removeEventListener: () => undefined, addListener: () => undefined, removeListener: () => undefined, dispatchEvent: () => false });
});
beforeEach(() => localStorage.clear());

async function desk() {
  const runs = pastRuns(2);
  const apps = demoApps().map((app) => ({ ...app, speech: { voice: null, language: 'en-US', autoplay: true } }));
  const backend = fakeBackend({ apps, runs });
  const desk = new Desk(backend);
  await desk.begin();
  const [run] = runs;
  if (!run) throw new Error('no run');
  return { desk, backend, run: run.head };
}

describe('the player', () => {
  it('plays one sound, wherever one looks', async () => {
    const { desk: all, run } = await desk();
    all.openHistory(run.appId, run.id);
    all.player.listen(run.id, 'A text.', true);
    await expect.poll(() => all.player.of(run.id)?.state, { message: 'it plays' }).toBe('playing');
    expect(all.isOnScreen({ id: run.id, appId: run.appId }), 'the run is on screen, the player with it').toBe(true);
    all.page = { kind: 'settings' };
    expect(all.isOnScreen({ id: run.id, appId: run.appId }), 'another page is shown').toBe(false);
    expect(all.player.now?.state, 'and it goes on').toBe('playing');
    all.backToRun(run.id, run.appId);
    expect(all.isOnScreen({ id: run.id, appId: run.appId }), 'the way back leads to the run').toBe(true);
  });

  it('stays within what is there', async () => {
    const { desk: all, backend, run } = await desk();
    all.player.listen(run.id, 'A text.', true);
    await expect.poll(() => all.player.now?.duration, { message: 'it is there' }).toBe(190);
    all.player.seek(5);
    await expect.poll(() => all.player.now?.position).toBe(5);
    all.player.move(-10);
    all.player.move(10_000);
    await vi.waitFor(() => expect(backend.calls.filter(([name]) => name === 'playerSeek').map(([, seconds]) => seconds)).toEqual([5, 0, 190]));
  });

  it('keeps speed and volume, and tells them at the next start', async () => {
    const first = await desk();
    first.desk.player.setSpeed(1.5);
    first.desk.player.setVolume(0.4);
    const { desk: next, backend } = await desk();
    expect([next.player.speed, next.player.volume]).toEqual([1.5, 0.4]);
    expect(backend.calls).toContainEqual(['playerSpeed', 1.5]);
    expect(backend.calls).toContainEqual(['playerVolume', 0.4]);
    localStorage.setItem('flowdeck.player', '{"speed": 17, "volume": "loud"}');
    const { desk: spoilt } = await desk();
    expect([spoilt.player.speed, spoilt.player.volume], 'what nobody chose is not taken').toEqual([1, 1]);
  });

  it('asks again what is kept once a sound is whole', async () => {
    const { backend, run } = await desk();
    const player: Player = { runId: run.id, appId: run.appId, title: '', of: { kind: 'stream' }, state: 'playing', position: 0, duration: 3, growing: true, speed: 1, volume: 1, trouble: null, format: 'mp3' };
    backend.emit({ type: 'player_changed', player });
    expect(backend.calls.filter(([name]) => name === 'playerSounds')).toEqual([]);
    backend.emit({ type: 'player_changed', player: { ...player, growing: false } });
    await expect.poll(() => backend.calls.filter(([name]) => name === 'playerSounds').length, { message: 'it can be heard offline now' }).toBe(1);
  });

  it('has plain words for everything that is in the way', () => {
    const codes = ['no_device', 'device_lost', 'broken', 'unknown_kind', 'incomplete', 'too_much', 'nothing_to_say'] as const;
    for (const t of [en, zh]) {
      const all = codes.map((code) => troubleWords({ code }, t));
      all.push(troubleWords({ code: 'not_kept', full: true }, t), troubleWords({ code: 'not_kept', full: false }, t));
      const failure = { code: 'refused', message: '', detail: null, raw: null, subject: null, reason: 'voice_off', wait: null, problems: [] } as const;
      all.push(troubleWords({ code: 'refused', failure: { ...failure, problems: [] } }, t));
      expect(new Set(all).size, 'each has its own').toBe(all.length);
      for (const words of all) expect(words).not.toMatch(/undefined|TTS|MP3|null/);
    }
    expect(en.speech.span(72), 'what a screen reader says').toBe('1 minute 12 seconds');
    expect([isSound('MP3'), isSound('m4a'), isSound('pdf')]).toEqual([true, true, false]);
  });
});
