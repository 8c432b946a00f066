/** What is done to the runs that are chosen in a list. */
import type { PastRun } from '../ipc/gen/PastRun';
import type { RunId } from '../ipc/gen/RunId';
import type { MenuItem } from '../parts/menu';
import type { Desk } from '../state/desk.svelte';
import type { Finder } from '../state/search.svelte';
import type { Words } from '../text/en';
import type { ListCommand } from './keys';
import { moreActions } from './more';
import { titleOfRun } from './rows';
import { words } from '../text/words.svelte';
import { keyNames } from '../views/shortcut-keys';

export class Acts {
  /** Runs whose tags, or the one whose note, is asked for in a dialog. */
  asking = $state.raw<{ what: 'tags' | 'note'; ids: RunId[] } | null>(null);
  /** The run whose name is being written. */
  renaming = $state.raw<PastRun | null>(null);

  constructor(
    private readonly desk: Desk,
    private readonly finder: Finder,
    /** Takes the keyboard to the note where it stands beside the list; false where there is none. */
    private readonly toNote: () => boolean,
  ) {}

  get runs(): PastRun[] {
    const ids = new Set(this.finder.picks.chosen);
    return this.finder.rows.filter((row) => ids.has(row.head.id));
  }

  do(command: ListCommand): void {
    const { runs } = this;
    const [one] = runs;
    if (!one) return;
    const ids = runs.map((run) => run.head.id);
    switch (command) {
      case 'star':
        void this.desk.remarks.change(ids, { starred: !runs.every((run) => run.starred) });
        break;
      case 'review':
        void this.desk.remarks.change(ids, { reviewed: !runs.every((run) => run.reviewed) });
        break;
      case 'rename':
        this.renaming = one;
        break;
      case 'note':
        if (runs.length > 1 || !this.toNote()) this.asking = { what: 'note', ids: [one.head.id] };
        break;
      case 'tag':
        this.asking = { what: 'tags', ids };
        break;
      case 'delete':
        this.desk.bin.want(ids, titleOfRun(one, words.now));
        break;
    }
  }

  async rename(run: PastRun, name: string): Promise<void> {
    this.renaming = null;
    // Its own title is no name.
    const kept = name.trim() === run.head.title ? '' : name.trim();
    if (kept !== run.name) await this.desk.remarks.change([run.head.id], { name: kept });
  }

  /** `several`: what is done to one alone is left out. */
  items(t: Words): MenuItem[] {
    const h = t.history;
    const { runs } = this;
    const one = runs.length === 1;
    return [
      ...(one ? [{ label: h.rename, icon: 'edit' as const, run: () => this.do('rename'), testid: 'act-rename', note: keyNames.rename }] : []),
      { label: runs.every((run) => run.starred) ? h.unstar : h.star, icon: 'star', run: () => this.do('star'), testid: 'act-star', note: keyNames.star },
      { label: runs.every((run) => run.reviewed) ? h.markNotReviewed : h.markReviewed, icon: 'check', run: () => this.do('review'), testid: 'act-review', note: keyNames.review },
      ...(one ? [{ label: h.editNote, icon: 'note' as const, run: () => this.do('note'), testid: 'act-note', note: keyNames.note }] : []),
      { label: h.editTags, icon: 'tag', run: () => this.do('tag'), testid: 'act-tags', note: keyNames.tag },
      ...moreActions
        .filter((action) => action.offered?.(this.desk, runs) ?? true)
        .map((action, index): MenuItem => ({ label: action.label(t, runs), icon: action.icon, run: () => action.run(this.desk, this.runs), testid: `act-${action.id}`, apart: index === 0 })),
      { label: h.delete, icon: 'trash', run: () => this.do('delete'), testid: 'act-delete', danger: true, apart: true, note: keyNames.delete },
    ];
  }
}
