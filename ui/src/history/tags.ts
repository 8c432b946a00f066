/** Tags of several runs. Pure. */
export function sharedTags(runs: readonly { tags: readonly string[] }[]): { tag: string; all: boolean }[] {
  const tags = [...new Set(runs.flatMap((run) => run.tags))].sort((a, b) => a.localeCompare(b));
  return tags.map((tag) => ({ tag, all: runs.every((run) => run.tags.includes(tag)) }));
}
