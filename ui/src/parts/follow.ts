/** Keeps the end of a growing list or text in sight until the user scrolls up; the end brings it back. */

interface Box {
  scrollTop: number;
  scrollHeight: number;
  clientHeight: number;
}

/** What a wheel or a key set going has come to rest after this time. */
const settles = 700;

export class Follow {
  private lastTop = 0;
  private touchedAt = -Infinity;
  private held = false;

  constructor(private readonly clock: () => number = () => performance.now()) {}

  /** Hears what the user does with the box: only that counts as scrolling up. To be attached to it. */
  hear = (element: HTMLElement): (() => void) => {
    const touched = () => this.touched();
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

  /** The user has a hand on it. */
  touched(): void {
    this.touchedAt = this.clock();
  }

  /** Whether to follow from now on. What grew since the last scroll, or was drawn anew and lost its place, must not count as scrolling up. */
  scrolled(box: Box, following: boolean): boolean {
    const up = box.scrollTop < this.lastTop - 2;
    this.lastTop = box.scrollTop;
    if (box.scrollHeight - box.scrollTop - box.clientHeight < 24) return true;
    return following && !(up && this.byUser());
  }

  private byUser(): boolean {
    return this.held || this.clock() - this.touchedAt < settles;
  }
}
