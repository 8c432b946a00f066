/** Rows that are drawn a few with each frame, up to a portion that fills some screens; more when they are asked for. */
import { Frames } from '../state/frames';

export class Portion {
  /** How many are drawn. */
  most = $state(0);
  private wanted: number;
  private readonly frames = new Frames(() => this.grow());

  constructor(
    /** With each frame. */
    private readonly few: number,
    private readonly portion: number,
    /** How many there are. */
    private readonly all: () => number,
  ) {
    this.most = few;
    this.wanted = portion;
  }

  /** Draws until the portion is full, or nobody looks any more. */
  begin(): () => void {
    this.frames.ask();
    return () => this.frames.cancel();
  }

  more(): void {
    this.wanted = this.most + 3 * this.portion;
    this.grow();
  }

  private grow(): void {
    const until = Math.min(this.wanted, this.all());
    if (this.most >= until) return;
    this.most = Math.min(until, this.most + this.few);
    if (this.most < until) this.frames.ask();
  }
}
