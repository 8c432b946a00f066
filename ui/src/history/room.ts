/** What has had a place keeps it, so that nothing moves below the pointer while numbers come and go. */
export class Room {
  private readonly seen = new Set<string>();
  private readonly lengths = new Map<string, number>();

  /** Whether there is something now, or was before. */
  has(name: string, now: boolean): boolean {
    if (now) this.seen.add(name);
    return this.seen.has(name);
  }

  /** How many signs its number has had at most. */
  length(name: string, text: string): number {
    const length = Math.max(text.length, this.lengths.get(name) ?? 1);
    this.lengths.set(name, length);
    return length;
  }
}
