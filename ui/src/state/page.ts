/** What the window shows. */
import type { AppId } from '../ipc/gen/AppId';
import type { RunId } from '../ipc/gen/RunId';

/** Two runs beside each other. */
export interface Pairing {
  left: RunId;
  right: RunId;
  /** Where it was asked for. */
  from: Page;
}

/** What a run was found with, to lead to it. */
export interface Found {
  text: string;
  /** The place that was chosen among its hits. */
  at?: number;
}

export type Page =
  | { kind: 'start' }
  | { kind: 'connect'; replaceKeyOf: AppId | null }
  | { kind: 'app'; appId: AppId; tab: 'run' }
  | { kind: 'app'; appId: AppId; tab: 'history'; runId: RunId | null; fromAllRuns: boolean; find?: Found | undefined; compare?: Pairing }
  | { kind: 'runs'; runId: RunId | null; find?: Found | undefined; compare?: Pairing }
  | { kind: 'usage'; appId: AppId | null }
  | { kind: 'settings' };
