/** What stands above the list of past runs: components that draw something only where there is something to say. */
import type { Component } from 'svelte';
import type { AppId } from '../ipc/gen/AppId';
import LogOfAll from './LogOfAll.svelte';
import ServerLog from './ServerLog.svelte';

/** `appId`: the app whose history it is, or null for that of all. */
export type Banner = Component<{ appId: AppId | null }>;

export const banners: Banner[] = [ServerLog];

/** Where nothing was found: other ways to go on, such as to ask the server. */
export const whereNothing: Banner[] = [];

/** At the right end of the title's line: how new the list is. */
export const beside: Banner[] = [LogOfAll];
