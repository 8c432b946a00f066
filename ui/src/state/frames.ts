/** Calls back with a frame, and with fewer frames where what follows from it takes long. */

/** What takes no longer comes with each frame: nobody sees that keys which are pressed meanwhile wait for it. */
const short = 36;
/** Where it takes longer, the page has at least half of its time for everything else, such as what the user types. */
const share = 2;
/** However long it takes: what is this old is shown. */
const oldest = 400;
/** A window that nobody sees has no frames; what it holds is up to date all the same when it is shown. */
const unseen = 500;

export class Frames {
  private frame: number | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** When it was called back last, and how long that took, with layout and painting. */
  private at = 0;
  private cost = 0;

  constructor(private readonly call: () => void) {}

  /** Asks to be called back; once is enough. */
  ask(): void {
    if (this.frame !== undefined) return;
    this.frame = requestAnimationFrame(() => this.look());
    this.timer = setTimeout(() => this.go(), unseen);
  }

  /** Nothing is to be called back any more. */
  cancel(): void {
    if (this.frame !== undefined) cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.frame = this.timer = undefined;
  }

  private look(): void {
    const due = this.cost <= short ? 0 : this.at + Math.min(this.cost * share, oldest);
    // Half a frame too early is nearer than half a frame too late.
    if (performance.now() + 8 >= due) this.go();
    else this.frame = requestAnimationFrame(() => this.look());
  }

  private go(): void {
    this.cancel();
    this.at = performance.now();
    // What is asked for within a frame comes once that frame is painted.
    setTimeout(() => (this.cost = performance.now() - this.at));
    this.call();
  }
}
