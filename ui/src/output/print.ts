/** A report as a sheet that only the printer sees: it stands beside the page while the system's dialog is open. */
import type { Backend } from '../ipc/backend';
import type { RunId } from '../ipc/gen/RunId';
import type { Words } from '../text/en';
import { sanitize } from './markdown';
import { reportWords } from './report-words';

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
  // Where nobody says that it is over, the sheet lies there unseen until the next one.
  addEventListener('afterprint', () => sheet.remove(), { once: true });
  await backend.printPage();
}
