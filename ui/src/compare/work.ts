/** How much has been done for a comparison: what costs too much is left out, and nothing is done for long without a pause. */

/** Words that are held against each other, at most; some seconds of a slow computer, in pieces. */
const most = 12_000_000;

export class Work {
  /** How often two things were held against each other. */
  compared = 0;
  /** Characters that were cut into words or blocks. */
  read = 0;

  constructor(readonly limit = most) {}

  get spent(): boolean {
    return this.compared >= this.limit;
  }
}

/** Work in pieces, each of them short: between two of them the page draws and hears keys. */
export type InPieces<T> = Generator<undefined, T, undefined>;

/** Does all of it at once: for tests, and for what is short. */
export function atOnce<T>(work: InPieces<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** A piece ends within the time that nobody notices. */
const slice = 8;

/** Does it beside everything else the page does; null once nobody wants it any more. */
export async function inSlices<T>(work: InPieces<T>, wanted: () => boolean): Promise<T | null> {
  for (;;) {
    const until = performance.now() + slice;
    do {
      const step = work.next();
      if (step.done) return step.value;
    } while (performance.now() < until);
    await new Promise((go) => setTimeout(go));
    if (!wanted()) return null;
  }
}
