/** A report as a sheet that only the printer sees: it stands beside the page while the system's dialog is open. */
import type { Backend } from '../ipc/backend';
import type { RunId } from '../ipc/gen/RunId';
import type { Words } from '../text/en';
import { sanitize } from './markdown';
import { reportWords } from './report-words';

/** How long the printer may take to begin once the dialog is gone, and how long to read all of it, in ms. */
const BEGINS = 10_000;
const READS = 600_000;

/**
 * Takes the sheet away when it is printed. Who cancels the dialog is not told of by every web view, and none tells when it
 * closes: but then the window has the keyboard again, or is used.
 */
function untilPrinted(sheet: HTMLElement): () => void {
  const heard = new AbortController();
  const { signal } = heard;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let reads = false;
  const end = () => {
    clearTimeout(timer);
    heard.abort();
    sheet.remove();
  };
  const within = (time: number) => {
    clearTimeout(timer);
    timer = setTimeout(end, time);
  };
  const used = ({ type, target }: Event) => {
    // What has the keyboard within the page changes when the menu closes.
    if (type === 'focus' && target instanceof Element) return;
    // Another sheet has taken its place.
    if (!sheet.isConnected) end();
    else if (!reads && timer === undefined) within(BEGINS);
  };
  addEventListener('beforeprint', () => ((reads = true), within(READS)), { signal });
  addEventListener('afterprint', end, { signal });
  const left = () => {
    if (!reads) timer = void clearTimeout(timer);
  };
  addEventListener('blur', left, { signal });
  for (const event of ['focus', 'pointerdown', 'keydown']) addEventListener(event, used, { signal, capture: true });
  return end;
}

/** Puts the sheet beside the page; takes away the one before. */
export function laySheet(html: string): HTMLElement {
  for (const before of document.querySelectorAll('.print-sheet')) before.remove();
  const sheet = document.createElement('div');
  sheet.className = 'print-sheet';
  // Nobody but the printer is to meet it.
  sheet.setAttribute('aria-hidden', 'true');
  sheet.innerHTML = sanitize(html);
  document.body.append(sheet);
  return sheet;
}

export async function printRun(backend: Backend, runId: RunId, steps: boolean, t: Words): Promise<void> {
  const sheet = laySheet(await backend.runReportBody(runId, { steps }, reportWords(t)));
  await Promise.all([...sheet.querySelectorAll('img')].map((picture) => picture.decode().catch(() => undefined)));
  const end = untilPrinted(sheet);
  try {
    await backend.printPage();
  } catch (thrown) {
    end();
    throw thrown;
  }
}
