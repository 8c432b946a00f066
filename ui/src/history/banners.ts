/** What stands above the list of past runs: components that draw something only where there is something to say. */
import type { Component } from 'svelte';
import type { AppId } from '../ipc/gen/AppId';
import KeptReady from './KeptReady.svelte';
import ServerLog from './ServerLog.svelte';

/** `appId`: the app whose history it is, or null for that of all. */
export const banners: Component<{ appId: AppId | null }>[] = [ServerLog, KeptReady];
