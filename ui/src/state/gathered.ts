/** One message offers to undo all that was done while it stood: with each more it says so anew, and its time begins anew. */
import { words } from '../text/words.svelte';
import type { Toasts } from './toasts.svelte';

/** Milliseconds that a message stands. */
const stands = 10_000;

export class Gathered<Done> {
  private done: { what: Done; at: number }[] = [];

  constructor(
    private readonly toasts: Toasts,
    private readonly key: string,
    private readonly undo: (all: Done[]) => void,
    /** Milliseconds that it can surely be undone. */
    private readonly undoFor = Infinity,
  ) {}

  add(some: Done[], text: (all: Done[]) => string): void {
    const now = performance.now();
    // What might be gone for good while the message stands is offered no longer.
    const standing = this.toasts.has(this.key) ? this.done.filter(({ at }) => now - at <= this.undoFor - stands) : [];
    this.done = [...standing, ...some.map((what) => ({ what, at: now }))];
    const left = this.undoFor - (now - (this.done[0]?.at ?? now));
    const all = this.done.map(({ what }) => what);
    this.toasts.offer(text(all), words.now.common.undo, () => this.undo(all), { key: this.key, ...(left === Infinity ? {} : { most: left }) });
  }
}
