/** Which lines of a long list are drawn: those in sight of their box, and some around them. */

/** So many lines above and below are drawn ahead of a scroll. */
const ahead = 20;
/** A box that was not measured yet. */
const unknown = 480;

export class LineWindow {
  private top = $state(0);
  private height = $state(unknown);
  private box: HTMLElement | undefined;

  constructor(
    private readonly lineHeight: () => number,
    private readonly count: () => number,
    /** Shorter lists are drawn whole. */
    private readonly wholeUpTo: number,
  ) {}

  get whole(): boolean {
    return this.count() <= this.wholeUpTo;
  }

  get first(): number {
    return this.whole ? 0 : Math.max(0, Math.min(this.count() - 1, Math.floor(this.top / this.lineHeight()) - ahead));
  }

  get last(): number {
    return this.whole ? this.count() : Math.min(this.count(), Math.ceil((this.top + this.height) / this.lineHeight()) + ahead);
  }

  get above(): number {
    return this.first * this.lineHeight();
  }

  get below(): number {
    return (this.count() - this.last) * this.lineHeight();
  }

  readonly attach = (box: HTMLElement) => {
    this.box = box;
    const scrolled = () => (this.top = box.scrollTop);
    const measure = new ResizeObserver(() => (this.height = box.clientHeight || unknown));
    measure.observe(box);
    box.addEventListener('scroll', scrolled, { passive: true });
    return () => {
      measure.disconnect();
      box.removeEventListener('scroll', scrolled);
    };
  };

  /** Scrolls so that a line stands in the box. */
  show(index: number): void {
    const box = this.box;
    if (!box || this.whole) return;
    const at = index * this.lineHeight();
    if (at < box.scrollTop) box.scrollTop = Math.max(0, at - this.lineHeight());
    else if (at + this.lineHeight() > box.scrollTop + box.clientHeight) box.scrollTop = at - box.clientHeight + 2 * this.lineHeight();
    this.top = box.scrollTop;
  }
}
