/** What is listened to: one sound at a time, whatever page is shown. Rust plays it; here stands how far it is. */
import { SvelteMap } from 'svelte/reactivity';
import type { Backend } from '../ipc/backend';
import type { Player as Playing } from '../ipc/gen/Player';
import type { RunId } from '../ipc/gen/RunId';
import type { Sound } from '../ipc/gen/Sound';

export const speeds = [0.75, 1, 1.25, 1.5, 1.75, 2] as const;

const key = 'flowdeck.player';

interface Kept {
  /** Backups have it. */
  speed: number;
  /** Goes with what this computer is heard by. */
  volume: number;
}

function read(): Kept {
  const usual = { speed: 1, volume: 1 };
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Kept> | null;
    const speed = speeds.find((known) => known === kept?.speed) ?? usual.speed;
    const volume = typeof kept?.volume === 'number' && kept.volume >= 0 && kept.volume <= 1 ? kept.volume : usual.volume;
    return { speed, volume };
  } catch {
    return usual;
  }
}

export class Player {
  now = $state.raw<Playing | null>(null);
  private readonly kept = $state(read());
  /** What of each run that was looked at is kept and can be heard offline. */
  private readonly sounds = new SvelteMap<RunId, Sound[]>();

  constructor(
    private readonly backend: Backend,
    private readonly tell: (thrown: unknown) => void,
  ) {}

  /** The page may have been loaded anew while something plays. */
  async begin(): Promise<void> {
    try {
      await Promise.all([this.backend.playerSpeed(this.kept.speed), this.backend.playerVolume(this.kept.volume)]);
      this.now = await this.backend.playerNow();
    } catch (thrown) {
      this.tell(thrown);
    }
  }

  hear(player: Playing | null): void {
    const before = this.now;
    this.now = player;
    // What was still arriving is whole now, or was put away.
    if (before && (player?.runId !== before.runId || (before.growing && !player.growing))) void this.look(before.runId);
  }

  of(runId: RunId): Playing | null {
    return this.now?.runId === runId ? this.now : null;
  }

  get speed(): number {
    return this.kept.speed;
  }

  get volume(): number {
    return this.kept.volume;
  }

  get isOn(): boolean {
    return this.now?.state === 'playing' || this.now?.state === 'loading';
  }

  hasSound(runId: RunId): boolean {
    return (this.sounds.get(runId)?.length ?? 0) > 0;
  }

  /** Asks what is kept of a run. */
  async look(runId: RunId): Promise<void> {
    try {
      this.sounds.set(runId, await this.backend.playerSounds(runId));
    } catch (thrown) {
      this.tell(thrown);
    }
  }

  /** The run on screen, which may begin to speak by itself. */
  watch(runId: RunId | null): void {
    this.attempt(this.backend.playerWatch(runId));
  }

  listen(runId: RunId, text: string, whole: boolean): void {
    this.attempt(this.backend.playerListen(runId, text, whole));
  }

  playFile(runId: RunId, index: number): void {
    this.attempt(this.backend.playerPlayFile(runId, index));
  }

  toggle(): void {
    this.attempt(this.isOn ? this.backend.playerPause() : this.backend.playerPlay());
  }

  seek(seconds: number): void {
    const now = this.now;
    if (now) this.attempt(this.backend.playerSeek(Math.min(Math.max(0, seconds), now.duration)));
  }

  /** By some seconds, forward or back. */
  move(seconds: number): void {
    if (this.now) this.seek(this.now.position + seconds);
  }

  setSpeed(speed: number): void {
    this.kept.speed = speed;
    this.keep();
    this.attempt(this.backend.playerSpeed(speed));
  }

  /** One that there is none of is passed over. */
  adoptSpeed(speed: number): void {
    if (speeds.some((known) => known === speed)) this.setSpeed(speed);
  }

  setVolume(volume: number): void {
    this.kept.volume = volume;
    this.keep();
    this.attempt(this.backend.playerVolume(volume));
  }

  stop(): void {
    this.attempt(this.backend.playerStop());
  }

  private keep(): void {
    try {
      localStorage.setItem(key, JSON.stringify(this.kept));
    } catch {
      // Storage may be full or forbidden: the choice then lasts until the program ends.
    }
  }

  private attempt(work: Promise<unknown>): void {
    work.catch((thrown: unknown) => this.tell(thrown));
  }
}
