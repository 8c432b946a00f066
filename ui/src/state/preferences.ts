/** What of the page's own belongs to the user rather than to this computer: backups have it, and bring it back. */
import type { Preferences } from '../ipc/gen/Preferences';
import type { Looks } from './looks.svelte';
import type { Player } from './player.svelte';

export function gather(looks: Looks, player: Player): Preferences {
  return { ...looks.ofUser(), speed: Math.round(player.speed * 100) };
}

/** What is not said stays as it is. */
export function adopt({ speed, ...rest }: Preferences, looks: Looks, player: Player): void {
  looks.adopt(rest);
  if (speed !== undefined) player.adoptSpeed(speed / 100);
}
