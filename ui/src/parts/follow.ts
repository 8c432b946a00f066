/** Keeps the end of a growing list or text in sight until the user scrolls up; the end brings it back. */
export class Follow {
  private lastTop = 0;

  /** Whether to follow from now on. What grew since the last scroll must not count as scrolling up. */
  scrolled(box: { scrollTop: number; scrollHeight: number; clientHeight: number }, following: boolean): boolean {
    const up = box.scrollTop < this.lastTop - 2;
    this.lastTop = box.scrollTop;
    if (box.scrollHeight - box.scrollTop - box.clientHeight < 24) return true;
    return following && !up;
  }
}
