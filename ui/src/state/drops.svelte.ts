/** Files that hover over the window or were let go. The app on screen says what becomes of them. */
import { untrack } from 'svelte';
import { extensionOf, type DropFile, type DropPlan } from '../form/drop';
import type { AppEvent } from '../ipc/gen/AppEvent';
import type { Field } from '../ipc/gen/Field';
import type { StagedFile } from '../ipc/gen/StagedFile';

type DropEvent = Extract<AppEvent, { type: 'files_over' | 'files_left' | 'files_dropped' }>;

export interface Hover {
  x: number;
  y: number;
  names: string[];
}

/** A form that can get files. */
export interface DropTaker {
  plan(x: number, y: number, files: DropFile[]): DropPlan;
  /** Takes dropped files; says whether it did. */
  take(x: number, y: number, files: StagedFile[]): boolean;
}

export class Drops {
  hover = $state.raw<Hover | null>(null);
  /** The forms on screen: the newest is meant, unless the files are over a field of another. */
  private takers = $state.raw<DropTaker[]>([]);

  /** What would become of the files, as the page sees it; null where there is nothing on it to take them. */
  readonly plan = $derived.by((): DropPlan | null => {
    const { hover } = this;
    if (!hover) return null;
    const files = hover.names.map((name) => ({ extension: extensionOf(name) }));
    return this.meant(hover.x, hover.y, files)?.plan(hover.x, hover.y, files) ?? null;
  });

  /** Whether this field would get the files. */
  isTarget(field: Field): boolean {
    return this.plan?.kind === 'field' && this.plan.field === field;
  }

  private meant(x: number, y: number, files: DropFile[]): DropTaker | undefined {
    const direct = this.takers.findLast((taker) => {
      const plan = taker.plan(x, y, files);
      return plan.kind === 'field' && plan.direct;
    });
    return direct ?? this.takers.at(-1);
  }

  /** Named by a form on screen; the result gives the place up. */
  take(taker: DropTaker): () => void {
    // Untracked: to register must not depend on who else does.
    untrack(() => (this.takers = [...this.takers, taker]));
    return () => (this.takers = this.takers.filter((other) => other !== taker));
  }

  leave(): void {
    this.hover = null;
  }

  /** False when files were dropped and nobody took them. */
  hear(event: DropEvent): boolean {
    if (event.type === 'files_over') {
      this.hover = { x: event.x, y: event.y, names: event.names };
      return true;
    }
    this.hover = null;
    return event.type === 'files_left' || event.files.length === 0 || (this.meant(event.x, event.y, event.files)?.take(event.x, event.y, event.files) ?? false);
  }
}
