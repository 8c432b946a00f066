/** The lists of past runs that views show: a search for each history, and the newest of each app. Each is made once, and kept while the user looks elsewhere. */
import type { Backend } from '../ipc/backend';
import type { AppId } from '../ipc/gen/AppId';
import type { PastRun } from '../ipc/gen/PastRun';
import type { RunHead } from '../ipc/gen/RunHead';
import type { RunId } from '../ipc/gen/RunId';
import { Recent } from './recent.svelte';
import { Finder } from './search.svelte';

export class Lists {
  private readonly finders = new Map<AppId | null, Finder>();
  private readonly recents = new Map<AppId, Recent>();

  constructor(private readonly backend: Backend) {}

  /** Null: of all apps. */
  finder(appId: AppId | null): Finder {
    const known = this.finders.get(appId);
    if (known) return known;
    const finder = new Finder(this.backend, appId);
    this.finders.set(appId, finder);
    return finder;
  }

  recent(appId: AppId): Recent {
    const known = this.recents.get(appId);
    if (known) return known;
    const recent = new Recent(this.backend, appId);
    this.recents.set(appId, recent);
    return recent;
  }

  private get all(): (Finder | Recent)[] {
    return [...this.finders.values(), ...this.recents.values()];
  }

  /** Past runs changed other than by going on: whoever shows them reads them anew. */
  hearChange(): void {
    this.all.forEach((list) => list.hearChange());
  }

  hear(head: RunHead): void {
    this.all.forEach((list) => list.hear(head));
  }

  change(ids: ReadonlySet<RunId>, how: (row: PastRun) => PastRun): void {
    this.all.forEach((list) => list.change(ids, how));
  }

  remove(ids: ReadonlySet<RunId>): void {
    this.all.forEach((list) => list.remove(ids));
  }

  comeBack(ids: RunId[]): void {
    this.finders.forEach((finder) => finder.comeBack(ids));
  }

  forget(appId: AppId): void {
    this.finders.delete(appId);
    this.recents.delete(appId);
  }
}
