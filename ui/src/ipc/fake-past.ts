/** What the fake's user said of runs, and runs that were deleted. */
import type { Backend } from './backend';
import { failure, type World } from './fake-world';
import type { Remarks } from './gen/Remarks';
import type { Run } from './gen/Run';

type Methods = Pick<Backend, 'runRemarks' | 'runsRemark' | 'tags' | 'runsDelete' | 'runsUndelete'>;

const over = new Set(['succeeded', 'partly_succeeded', 'failed', 'stopped', 'unknown']);
const mostTags = 20;
const lower = (tag: string) => tag.toLowerCase();
const clean = (text: string, most: number) => [...text.trim().replace(/\s+/gu, ' ')].slice(0, most).join('').trim();

export function pastMethods(all: World): Methods {
  const { remarks } = all;
  const deleted = new Map<string, Run>();
  const of = (id: string): Remarks => {
    all.runOf(id);
    const known = remarks.get(id) ?? { name: '', note: '', starred: false, reviewed: false, tags: [] };
    remarks.set(id, known);
    return known;
  };
  const counted = () => {
    const counts = new Map<string, number>();
    for (const [id, { tags }] of remarks) if (all.runs.has(id)) for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
    return [...counts].sort(([a], [b]) => lower(a).localeCompare(lower(b)));
  };
  const spelt = (tag: string) => counted().find(([known]) => lower(known) === lower(tag))?.[0] ?? tag;

  return {
    runRemarks: async (id) => structuredClone(of(id)),
    async runsRemark(ids, change) {
      for (const id of ids) {
        const known = of(id);
        if (change.name !== null) known.name = clean(change.name, 200);
        if (change.note !== null) known.note = [...change.note.trim()].slice(0, 20_000).join('');
        known.starred = change.starred ?? known.starred;
        known.reviewed = change.reviewed ?? known.reviewed;
        const gone = new Set(change.removeTags.map((tag) => lower(clean(tag, 40))));
        known.tags = known.tags.filter((tag) => !gone.has(lower(tag)));
        for (const typed of change.addTags) {
          const tag = spelt(clean(typed, 40));
          if (tag !== '' && known.tags.length < mostTags && !known.tags.some((have) => lower(have) === lower(tag))) known.tags.push(tag);
        }
        known.tags.sort((a, b) => lower(a).localeCompare(lower(b)));
      }
      all.emit({ type: 'history_changed' });
    },
    tags: async () => counted(),
    async runsDelete(ids) {
      const known = ids.map((id) => all.runOf(id));
      const gone = known.filter((run) => over.has(run.head.status));
      for (const run of gone) {
        deleted.set(run.head.id, run);
        all.runs.delete(run.head.id);
      }
      all.emit({ type: 'history_changed' });
      return { runs: gone.map((run) => run.head.id), underWay: known.filter((run) => !gone.includes(run)).map((run) => run.head.id) };
    },
    async runsUndelete(ids) {
      if (ids.some((id) => !deleted.has(id) && !all.runs.has(id))) throw failure('not_found');
      for (const id of ids) {
        const run = deleted.get(id);
        if (run) all.runs.set(id, run);
        deleted.delete(id);
      }
      all.emit({ type: 'history_changed' });
    },
  };
}
