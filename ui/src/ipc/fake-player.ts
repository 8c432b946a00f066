/** The fake's player: it counts, and sounds nothing. */
import type { Backend } from './backend';
import { failure, type World } from './fake-world';
import type { Player } from './gen/Player';
import type { Sound } from './gen/Sound';

type Methods = Pick<Backend, 'playerNow' | 'playerSounds' | 'playerWatch' | 'playerListen' | 'playerPlayFile' | 'playerPlay' | 'playerPause' | 'playerSeek' | 'playerSpeed' | 'playerVolume' | 'playerAutoplay' | 'playerSetAutoplay' | 'playerStop' | 'playerSave'>;

export function playerMethods({ apps, emit, runOf }: World): Methods {
  let now: Player | null = null;
  let speed = 1;
  let volume = 1;
  let autoplay = true;
  let timer: ReturnType<typeof setInterval> | undefined;
  const kept = new Map<string, Sound[]>();

  function become(next: Player | null): void {
    now = next;
    clearInterval(timer);
    if (now?.state === 'playing') timer = setInterval(tick, 250);
    emit({ type: 'player_changed', player: now });
  }
  function tick(): void {
    if (!now) return;
    const position = now.position + 0.25 * speed;
    become(position >= now.duration ? { ...now, position: now.duration, state: 'ended' } : { ...now, position });
  }
  function show(runId: string, of: Player['of']): void {
    const { head } = runOf(runId);
    become({ runId, appId: head.appId, title: head.title, of, state: 'playing', position: 0, duration: 190, growing: false, speed, volume, trouble: null, format: 'mp3' });
  }

  return {
    playerNow: async () => now,
    playerSounds: async (runId) => structuredClone(kept.get(runId) ?? []),
    playerWatch: async () => undefined,
    async playerListen(runId) {
      if (!apps.get(runOf(runId).head.appId)?.speech && !kept.has(runId)) throw failure('not_found');
      kept.set(runId, [{ place: 1, of: { kind: 'text' }, complete: true }]);
      show(runId, { kind: 'text' });
    },
    async playerPlayFile(runId, index) {
      show(runId, { kind: 'file', index, name: runOf(runId).files.find((file) => file.index === index)?.name ?? '' });
    },
    async playerPlay() {
      if (now) become({ ...now, position: now.state === 'ended' ? 0 : now.position, state: 'playing' });
    },
    async playerPause() {
      if (now) become({ ...now, state: 'paused' });
    },
    async playerSeek(seconds) {
      if (now) become({ ...now, position: Math.min(seconds, now.duration), state: now.state === 'ended' ? 'paused' : now.state });
    },
    async playerSpeed(wanted) {
      speed = wanted;
      if (now) become({ ...now, speed });
    },
    async playerVolume(wanted) {
      volume = wanted;
      if (now) become({ ...now, volume });
    },
    playerAutoplay: async () => autoplay,
    async playerSetAutoplay(wanted) {
      autoplay = wanted;
    },
    playerStop: async () => become(null),
    playerSave: async () => true,
  };
}
