/** Short messages at the foot of the window. */
import type { Failure } from '../ipc/gen/Failure';

export interface Toast {
  id: number;
  text: string;
  detail?: string;
  code?: Failure['code'];
  action?: { label: string; run: () => void; undoes: boolean };
  /** A newer message about the same takes its place. */
  key?: string;
  /** What was asked for was not done, and no error is to blame. */
  refuses?: boolean;
  /** Errors stay until they are closed. */
  stays: boolean;
  lasts: number;
  /** It goes after so long even while somebody rests on it: what it offers ends then. */
  most?: number;
}

export class Toasts {
  list = $state.raw<Toast[]>([]);
  private next = 0;

  say(text: string): void {
    this.add({ text, stays: false, lasts: 5000 });
  }

  /** What was asked for is not done, and why. */
  refuse(text: string): void {
    this.add({ text, refuses: true, stays: false, lasts: 5000 });
  }

  /** Stays until it is closed. */
  keep(text: string): void {
    this.add({ text, stays: true, lasts: 0 });
  }

  /** `most`: so long what is offered can be done. */
  offer(text: string, label: string, run: () => void, more: Pick<Toast, 'key' | 'most'> = {}): void {
    this.add({ text, action: { label, run, undoes: true }, stays: false, lasts: 10000, ...more });
  }

  /** Leads somewhere; Ctrl Z does not. */
  lead(key: string, text: string, label: string, run: () => void, stays = false): void {
    this.add({ key, text, action: { label, run, undoes: false }, stays, lasts: stays ? 0 : 10000 });
  }

  /** `key`: what it is about, so that it can be taken back once that has mended itself. */
  fail(failure: Failure, text: string, detail: string, key?: string): void {
    this.add({ text, detail, code: failure.code, stays: true, lasts: 0, ...(key === undefined ? {} : { key }) });
  }

  /** The newest message with something to undo, for Ctrl Z. */
  undo(): boolean {
    const toast = this.list.findLast((candidate) => candidate.action?.undoes);
    if (!toast?.action) return false;
    toast.action.run();
    this.close(toast.id);
    return true;
  }

  close(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  has(key: string): boolean {
    return this.list.some((toast) => toast.key === key);
  }

  take(key: string): void {
    this.list = this.list.filter((toast) => toast.key !== key);
  }

  private add(toast: Omit<Toast, 'id'>): void {
    // What offers to undo something gives way to nothing but what offers the same and more.
    const undoes = (old: Toast) => old.action?.undoes === true;
    const others = this.list.filter((old) => (toast.key === undefined || old.key !== toast.key) && (undoes(old) || old.text !== toast.text));
    // The same message twice says nothing more than once, and nobody reads very many.
    const read = new Set(others.filter((old) => !undoes(old)).slice(-2));
    this.list = [...others.filter((old) => undoes(old) || read.has(old)), { ...toast, id: this.next++ }];
  }
}
