/** Short messages at the foot of the window. */
import type { Failure } from '../ipc/gen/Failure';

export interface Toast {
  id: number;
  text: string;
  detail?: string;
  code?: Failure['code'];
  action?: { label: string; run: () => void };
  /** Errors stay until they are closed. */
  stays: boolean;
  lasts: number;
}

export class Toasts {
  list = $state.raw<Toast[]>([]);
  private next = 0;

  say(text: string): void {
    this.add({ text, stays: false, lasts: 5000 });
  }

  /** Stays until it is closed. */
  keep(text: string): void {
    this.add({ text, stays: true, lasts: 0 });
  }

  offer(text: string, label: string, run: () => void): void {
    this.add({ text, action: { label, run }, stays: false, lasts: 10000 });
  }

  fail(failure: Failure, text: string, detail: string): void {
    this.add({ text, detail, code: failure.code, stays: true, lasts: 0 });
  }

  /** The newest message with something to undo, for Ctrl Z. */
  undo(): boolean {
    const toast = this.list.findLast((candidate) => candidate.action);
    if (!toast?.action) return false;
    toast.action.run();
    this.close(toast.id);
    return true;
  }

  close(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  private add(toast: Omit<Toast, 'id'>): void {
    // The same message twice says nothing more than once.
    this.list = [...this.list.filter((old) => old.text !== toast.text).slice(-2), { ...toast, id: this.next++ }];
  }
}
