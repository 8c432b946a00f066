/** An agent's notes as a tree. Pure. */
import type { AgentNote } from '../ipc/gen/AgentNote';

export interface Note {
  note: AgentNote;
  inner: Note[];
}

/** Notes with the same id are one, the last; a parent that nobody knows, or a ring of them, counts as none. */
export function notesOf(log: readonly AgentNote[]): Note[] {
  const byId = new Map<string, Note>();
  for (const note of log) {
    const known = byId.get(note.id);
    if (known) known.note = note;
    else byId.set(note.id, { note, inner: [] });
  }
  const rings = inRings(byId);
  const top: Note[] = [];
  for (const entry of byId.values()) {
    const parent = entry.note.parent === null || rings.has(entry.note.id) ? undefined : byId.get(entry.note.parent);
    (parent ? parent.inner : top).push(entry);
  }
  return top;
}

/** Ids of the notes that stand in themselves. */
function inRings(byId: ReadonlyMap<string, Note>): Set<string> {
  const rings = new Set<string>();
  const done = new Set<string>();
  for (const id of byId.keys()) {
    const way: string[] = [];
    const onWay = new Set<string>();
    let at: string | null = id;
    while (at !== null && byId.has(at) && !done.has(at) && !onWay.has(at)) {
      way.push(at);
      onWay.add(at);
      at = byId.get(at)?.note.parent ?? null;
    }
    if (at !== null && onWay.has(at)) for (const member of way.slice(way.indexOf(at))) rings.add(member);
    for (const member of way) done.add(member);
  }
  return rings;
}
