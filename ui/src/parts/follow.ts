/** Keeps the end of a growing list or text in sight until the user scrolls up; the end brings it back. */

interface Box {
  scrollTop: number;
  scrollHeight: number;
  clientHeight: number;
}

/** What a wheel or a key set going has come to rest after this time. */
const settles = 700;
/** A busy computer scrolls late; who turned the wheel upwards meant it all the same. */
const settlesUp = 5000;

const upKeys = new Set(['ArrowUp', 'PageUp', 'Home']);

export class Follow {
  private lastTop = 0;
  private touchedAt = -Infinity;
  private upwardsAt = -Infinity;
  private held = false;

  constructor(private readonly clock: () => number = () => performance.now()) {}

  /** Hears what the user does with the box: only that counts as scrolling up. To be attached to it. */
  hear = (element: HTMLElement): (() => void) => {
    const touched = (event: Event) => {
      this.touched();
      if (event instanceof WheelEvent && event.deltaY !== 0) this.wants(event.deltaY < 0);
      if (event instanceof KeyboardEvent && upKeys.has(event.key)) this.wants(true);
    };
    const hold = () => (this.held = true);
    const release = () => {
      if (this.held) this.touched();
      this.held = false;
    };
    const signs = ['wheel', 'touchmove', 'keydown', 'focusin'] as const;
    for (const sign of signs) element.addEventListener(sign, touched, { passive: true });
    // The scroll bar is dragged for as long as it takes.
    element.addEventListener('pointerdown', hold);
    window.addEventListener('pointerup', release);
    window.addEventListener('pointercancel', release);
    return () => {
      for (const sign of signs) element.removeEventListener(sign, touched);
      element.removeEventListener('pointerdown', hold);
      window.removeEventListener('pointerup', release);
      window.removeEventListener('pointercancel', release);
    };
  };

  /** The user asked to go up, or down again. */
  wants(up: boolean): void {
    this.upwardsAt = up ? this.clock() : -Infinity;
  }

  /** The user has a hand on it. */
  touched(): void {
    this.touchedAt = this.clock();
  }

  /** Whether to follow from now on. What grew since the last scroll, or was drawn anew and lost its place, must not count as scrolling up. */
  scrolled(box: Box, following: boolean): boolean {
    const up = box.scrollTop < this.lastTop - 2;
    this.lastTop = box.scrollTop;
    if (box.scrollHeight - box.scrollTop - box.clientHeight < 24) return true;
    // Where it was before is not always told: what the user asked for is.
    const asked = this.clock() - this.upwardsAt < settlesUp;
    const left = following && (asked || (up && this.byUser()));
    if (left) this.upwardsAt = -Infinity;
    return following && !left;
  }

  private byUser(): boolean {
    return this.held || this.clock() - this.touchedAt < settles;
  }
}
