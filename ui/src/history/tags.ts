/** Tags of runs. Pure. */

/** A run has no more; Rust keeps no more. */
export const mostTags = 20;

/** How many of the runs have no room for another. */
export const fullOf = (runs: readonly { tags: readonly string[] }[]): number => runs.filter((run) => run.tags.length >= mostTags).length;

export function sharedTags(runs: readonly { tags: readonly string[] }[]): { tag: string; all: boolean }[] {
  const tags = [...new Set(runs.flatMap((run) => run.tags))].sort((a, b) => a.localeCompare(b));
  return tags.map((tag) => ({ tag, all: runs.every((run) => run.tags.includes(tag)) }));
}
