/** How a run was looked at: kept while the user is elsewhere, so that coming back shows the same place. */

/** The place in a scrolling box, and whether it keeps its end in sight. */
export interface Place {
  top: number;
  follow: boolean;
}

export class RunView {
  /** Null: what suits the run's state. */
  chosen: 'result' | 'both' | 'steps' | 'source' | null = null;
  /** Key of the step whose details are open. */
  step: string | null = null;
  /** The step in question was opened by itself once; closing it is final. */
  pointedOut = false;
  /** Whether the source stands beside the result; null: as the user had it last. */
  beside: boolean | null = null;
  /** Which source, by its key. */
  source = '';
  /** Which of several texts. */
  part = '';
  readonly document: Place = { top: 0, follow: true };
  readonly steps: Place & { opened: ReadonlySet<string>; filter: 'all' | 'problems' | 'slow' } = { top: 0, follow: true, opened: new Set(), filter: 'all' };
}
