/** What is said of files on their way to the server. Pure. */
import { failureWords } from '../ipc/errors';
import type { FileEntry } from '../ipc/gen/FileEntry';
import type { StagedFile } from '../ipc/gen/StagedFile';
import type { StagedId } from '../ipc/gen/StagedId';
import type { Words } from '../text/en';
import { bytes } from '../text/format';

type Of<State> = Extract<StagedFile['state'], { state: State }>;

/** “4 s left”, “about 3 min left”: no finer than it is known. */
export function leftSaid(seconds: number, t: Words): string {
  const { s, min, h } = t.uploads.left;
  if (seconds <= 10) return s(Math.max(1, seconds));
  if (seconds < 60) return s(Math.ceil(seconds / 5) * 5);
  return seconds <= 90 * 60 ? min(Math.ceil(seconds / 60)) : h(Math.ceil(seconds / 3600));
}

/** Whole percents, and all of them only with the last byte. */
export function percentOf(sent: number, size: number): number {
  return size > 0 ? Math.min(100, Math.floor((sent / size) * 100)) : 0;
}

const paceSaid = (speed: number, left: number | null, t: Words): string[] =>
  speed === 0 ? [t.uploads.standsStill] : [t.uploads.speed(bytes(speed, t)), ...(left === null ? [] : [leftSaid(left, t)])];

/** “62% of 3.1 MB · 1.2 MB/s · 4 s left” */
export function sendingSaid(size: number, { sent, speed, left }: Of<'uploading'>, t: Words): string {
  // What is left is the server's part.
  if (sent >= size) return t.uploads.confirming(bytes(size, t));
  return [t.form.uploading(percentOf(sent, size), bytes(size, t)), ...(speed === null ? [] : paceSaid(speed, left, t))].join(' · ');
}

/** “The server does not answer. Trying again in 8 s.” */
export function interruptedSaid({ wait, code, reason }: Of<'interrupted'>, t: Words): string {
  const { title } = failureWords({ code, reason, message: '', detail: null, raw: null, subject: null, wait: null, problems: [] }, t);
  const again = wait < 90 ? t.uploads.again.s(wait) : t.uploads.again.min(Math.ceil(wait / 60));
  return [title + t.fullStop, again].join(t.betweenSentences);
}

/** What is known of all files of a field together. */
export interface UploadSum {
  all: number;
  done: number;
  /** On their way, or about to be. */
  under: number;
  interrupted: number;
  percent: number;
  /** Bytes a second, of all that are being sent; null where that is not known. */
  speed: number | null;
  left: number | null;
}

/** `busy`: whether it is about to be sent. */
export function sumOf(entries: FileEntry[], file: (id: StagedId) => StagedFile | undefined, busy: (id: StagedId) => boolean): UploadSum {
  const files = entries.flatMap((entry) => (entry.kind === 'staged' ? (file(entry.value) ?? []) : []));
  const sum: UploadSum = { all: 0, done: 0, under: 0, interrupted: 0, percent: 0, speed: null, left: null };
  let [size, sent] = [0, 0];
  for (const { id, state, size: whole } of files) {
    if (state.state === 'uploaded') [sum.done, sent] = [sum.done + 1, sent + whole];
    else if (state.state === 'uploading') {
      [sum.under, sent] = [sum.under + 1, sent + state.sent];
      // Of what is sent as a whole, the rest is the server's part: it does not stand still.
      if (state.speed !== null && state.sent < whole) sum.speed = (sum.speed ?? 0) + state.speed;
    } else if (state.state === 'queued' || state.state === 'interrupted' || (state.state === 'ready' && busy(id))) {
      sum.under += 1;
      if (state.state === 'interrupted') sum.interrupted += 1;
    } else continue;
    sum.all += 1;
    size += whole;
  }
  sum.percent = percentOf(sent, size);
  if (sum.speed) sum.left = Math.ceil((size - sent) / sum.speed);
  return sum;
}

/** “2 of 12 files uploaded · 3.4 MB/s · about 2 min left” */
export function sumSaid({ done, all, speed, left }: UploadSum, t: Words): string {
  return [t.uploads.sum(done, all), ...(speed === null ? [] : paceSaid(speed, left, t))].join(' · ');
}
