/** Files that hover over the window or were let go. The app on screen says what becomes of them. */
import type { DropPlan } from '../form/drop';
import type { AppEvent } from '../ipc/gen/AppEvent';
import type { StagedFile } from '../ipc/gen/StagedFile';

type DropEvent = Extract<AppEvent, { type: 'files_over' | 'files_left' | 'files_dropped' }>;

export interface Hover {
  x: number;
  y: number;
  names: string[];
}

/** Takes dropped files; says whether it did. */
export type DropTaker = (x: number, y: number, files: StagedFile[]) => boolean;

export class Drops {
  hover = $state.raw<Hover | null>(null);
  /** What would become of the files, as the app on screen sees it; null where there is none. */
  plan = $state.raw<DropPlan | null>(null);
  private taker: DropTaker | null = null;

  /** The field that would get the files. */
  get target(): string | null {
    return this.hover && this.plan?.kind === 'field' ? this.plan.field.variable : null;
  }

  /** Named by the app on screen; the result gives the place up. */
  take(taker: DropTaker): () => void {
    this.taker = taker;
    return () => {
      if (this.taker !== taker) return;
      this.taker = null;
      this.plan = null;
    };
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
    return event.type === 'files_left' || event.files.length === 0 || (this.taker?.(event.x, event.y, event.files) ?? false);
  }
}
