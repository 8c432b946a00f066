/** PDFs, and the first page of one. A chunk of its own: the reader is larger than the rest of the page. */
import * as pdf from 'pdfjs-dist/legacy/build/pdf.min.mjs';
import worker from 'pdfjs-dist/legacy/build/pdf.worker.min.mjs?url';

pdf.GlobalWorkerOptions.workerSrc = worker;

/** What the letters of East Asian fonts are that a PDF only names; without them such a page would be empty. */
const tables = import.meta.glob<string>('/node_modules/pdfjs-dist/cmaps/*.bcmap', { query: '?url', import: 'default', eager: true });

/** Gives the reader what comes with it, and nothing else. */
class OwnData {
  async fetch({ kind, filename }: { kind: string; filename: string }): Promise<Uint8Array> {
    const url = kind === 'cMapUrl' ? tables[`/node_modules/pdfjs-dist/cmaps/${filename.replace(/\.bcmap$/, '')}.bcmap`] : undefined;
    if (!url) throw new Error('not part of the program');
    return new Uint8Array(await (await fetch(url)).arrayBuffer());
  }
}

/** Pages that take longer are not worth the wait: another program shows them. */
const patience = 15_000;
/** Of a page as large as a poster. */
const mostPixels = 12_000_000;

/** Begins to read a PDF; whoever asked destroys it. */
export function openPdf(bytes: ArrayBuffer): pdf.PDFDocumentLoadingTask {
  return pdf.getDocument({
    data: new Uint8Array(bytes),
    // Nothing is compiled, fetched, filled in or run: it is looked at.
    useWasm: false,
    enableXfa: false,
    stopAtErrors: false,
    useWorkerFetch: false,
    cMapUrl: 'cmaps/',
    cMapPacked: true,
    BinaryDataFactory: OwnData,
    maxImageSize: 40_000_000,
  });
}

/** Draws the page as wide as it is asked for, and says how many there are. */
export async function firstPage(bytes: ArrayBuffer, canvas: HTMLCanvasElement, width: number): Promise<number> {
  const loading = openPdf(bytes);
  let late: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => (late = setTimeout(() => reject(new Error('too slow')), patience)));
  try {
    return await Promise.race([draw(loading, canvas, width), timeout]);
  } finally {
    clearTimeout(late);
    void loading.destroy();
  }
}

async function draw(loading: pdf.PDFDocumentLoadingTask, canvas: HTMLCanvasElement, width: number): Promise<number> {
  const document = await loading.promise;
  const page = await document.getPage(1);
  const natural = page.getViewport({ scale: 1 });
  const wished = (width * devicePixelRatio) / natural.width;
  const scale = Math.min(wished, Math.sqrt(mostPixels / (natural.width * natural.height)));
  const viewport = page.getViewport({ scale });
  canvas.width = Math.floor(viewport.width);
  canvas.height = Math.floor(viewport.height);
  await page.render({ canvas, viewport }).promise;
  return document.numPages;
}
