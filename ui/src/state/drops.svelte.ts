/** What hovers over the window, was let go or pasted. The app on screen says what becomes of it. */
import { untrack } from 'svelte';
import { extensionOf, type DropPlan, type Load } from '../form/drop';
import type { Filling } from '../form/filling';
import type { AppEvent } from '../ipc/gen/AppEvent';
import type { Field } from '../ipc/gen/Field';
import type { FolderId } from '../ipc/gen/FolderId';
import type { StagedFile } from '../ipc/gen/StagedFile';
import type { StagedFolder } from '../ipc/gen/StagedFolder';
import { isRunFile } from './outgoing.svelte';

type DropEvent = Extract<AppEvent, { type: 'files_over' | 'files_moved' | 'files_left' | 'files_dropped' | 'folder_changed' }>;

/** Where on the page; or the field that has the keyboard. */
export type Place = { x: number; y: number } | { element: Element | null };

/** What is to be taken. */
export interface Arrival {
  files: StagedFile[];
  folders: StagedFolder[];
  links: string[];
}

/** Something arrived about which the user has to say a word first: which field, or whether all of a folder. */
export interface Asking {
  form: Filling;
  fields: Field[];
  arrival: Arrival;
}

/** A form that can get files. */
export interface DropTaker {
  plan(place: Place, load: Load): DropPlan;
  /** Takes what arrived; says whether it did. */
  take(place: Place, arrival: Arrival): boolean;
}

interface Hover {
  names: string[];
  folders: number;
  links: number;
}

export function loadOf({ files, folders, links }: Arrival): Load {
  return { files, folders: folders.length, links: links.length };
}

export class Drops {
  hover = $state.raw<Hover | null>(null);
  asking = $state.raw<Asking | null>(null);
  /** What a screen reader is told of what was added. */
  spoken = $state('');
  /** How far the walks through folders are. */
  walks = $state.raw<ReadonlyMap<FolderId, { files: number; size: number }>>(new Map());
  private at = $state.raw({ x: 0, y: 0 });
  /** The forms on screen: the newest is meant, unless the files are over a field of another. */
  private takers = $state.raw<DropTaker[]>([]);

  /** How many files of runs hover, where nothing else does: they are opened, and no form gets them. */
  readonly runFiles = $derived.by(() => {
    const { hover } = this;
    return hover && hover.folders + hover.links === 0 && hover.names.every(isRunFile) ? hover.names.length : 0;
  });

  /** Worked out once: it hovers for many moves of the mouse. */
  readonly load = $derived.by((): Load | null => {
    const { hover } = this;
    return this.runFiles > 0 ? null : hover && { files: hover.names.map((name) => ({ extension: extensionOf(name) })), folders: hover.folders, links: hover.links };
  });

  /** What would become of it, as the page sees it; null where there is nothing on it to take it. */
  readonly plan = $derived.by((): DropPlan | null => (this.load ? (this.meant(this.at, this.load)?.plan(this.at, this.load) ?? null) : null));

  /** Whether this field would get it. */
  isTarget(field: Field): boolean {
    return this.plan?.kind === 'field' && this.plan.field === field;
  }

  private meant(place: Place, load: Load): DropTaker | undefined {
    const direct = this.takers.findLast((taker) => {
      const plan = taker.plan(place, load);
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

  get hasTaker(): boolean {
    return this.takers.length > 0;
  }

  leave(): void {
    this.hover = null;
  }

  /** Said anew even if it is the same again. */
  speak(text: string): void {
    this.spoken = this.spoken === text ? `${text}\u00a0` : text;
  }

  /** False when nobody took what arrived. */
  arrive(place: Place, arrival: Arrival): boolean {
    return this.asking === null && (this.meant(place, loadOf(arrival))?.take(place, arrival) ?? false);
  }

  /** False when something was dropped and nobody took it. */
  hear(event: DropEvent): boolean {
    switch (event.type) {
      case 'files_over':
        this.at = { x: event.x, y: event.y };
        this.hover = { names: event.names, folders: event.folders, links: event.links };
        return true;
      case 'files_moved':
        this.at = { x: event.x, y: event.y };
        return true;
      case 'files_left':
        this.hover = null;
        return true;
      case 'folder_changed':
        this.walks = new Map(this.walks).set(event.folderId, { files: event.files, size: event.size });
        return true;
      case 'files_dropped': {
        this.hover = null;
        const { files, folders, links } = event;
        return files.length + folders.length + links.length === 0 || this.arrive(event, { files, folders, links });
      }
    }
  }
}
