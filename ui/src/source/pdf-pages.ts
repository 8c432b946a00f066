/** The pages of a PDF: drawn as they come into sight, with their words laid over them, and let go when they are far. */
import { TextLayer, type PDFDocumentLoadingTask, type PDFDocumentProxy, type PDFPageProxy } from 'pdfjs-dist/legacy/build/pdf.min.mjs';
import { openPdf } from '../output/pdf';

/** A page as large as a poster is drawn coarser. */
const mostPixels = 8_000_000;

export interface PageSize {
  width: number;
  height: number;
}

/** A word on a page: which of its pieces of text, and how far that stands in the text of the page. */
interface PieceOfText {
  str: string;
  at: number;
}

export interface DrawnPage {
  /** Marks places of the page's text; `current` is one of them. */
  mark(places: { start: number; end: number; hit: number }[], current: number): void;
  release(): void;
}

export class PdfPages {
  private constructor(
    private readonly loading: PDFDocumentLoadingTask,
    private readonly document: PDFDocumentProxy,
    readonly sizes: PageSize[],
  ) {}

  get count(): number {
    return this.document.numPages;
  }

  static async open(bytes: ArrayBuffer): Promise<PdfPages> {
    const loading = openPdf(bytes);
    try {
      const document = await loading.promise;
      const first = sizeOf(await document.getPage(1));
      // Until it is drawn, a page is as large as the first.
      return new PdfPages(loading, document, Array.from({ length: document.numPages }, () => first));
    } catch (thrown) {
      void loading.destroy();
      throw thrown;
    }
  }

  release(): void {
    void this.loading.destroy();
  }

  /** The words of a page in the order of reading, as they are searched. */
  async text(number: number): Promise<string> {
    return (await this.pieces(await this.document.getPage(number))).text;
  }

  private async pieces(page: PDFPageProxy): Promise<{ text: string; pieces: PieceOfText[] }> {
    const { items } = await page.getTextContent();
    const pieces: PieceOfText[] = [];
    let text = '';
    for (const item of items) {
      if (!('str' in item)) continue;
      pieces.push({ str: item.str, at: text.length });
      text += item.hasEOL ? `${item.str}\n` : item.str;
    }
    return { text, pieces };
  }

  /** Draws a page into a box as wide as given, with its words over it. */
  async draw(number: number, box: HTMLElement, width: number, gone: () => boolean): Promise<DrawnPage | null> {
    const page = await this.document.getPage(number);
    this.sizes[number - 1] = sizeOf(page);
    if (gone()) return null;
    const natural = page.getViewport({ scale: 1 });
    const scale = width / natural.width;
    const sharp = Math.min(scale * devicePixelRatio, Math.sqrt(mostPixels / (natural.width * natural.height)));
    const viewport = page.getViewport({ scale: sharp });
    const canvas = document.createElement('canvas');
    canvas.width = Math.floor(viewport.width);
    canvas.height = Math.floor(viewport.height);
    const drawing = page.render({ canvas, viewport });
    await drawing.promise;
    if (gone()) return null;
    const words = document.createElement('div');
    words.className = 'page-words';
    words.style.setProperty('--total-scale-factor', String(scale));
    const [content, { pieces }] = await Promise.all([page.getTextContent(), this.pieces(page)]);
    const layer = new TextLayer({ textContentSource: content, container: words, viewport: page.getViewport({ scale }) });
    await layer.render();
    if (gone()) return null;
    box.replaceChildren(canvas, words);
    let marked: number[] = [];
    return {
      mark(places, current) {
        for (const index of marked) layer.textDivs[index]?.replaceChildren(pieces[index]?.str ?? '');
        marked = markPieces(pieces, layer.textDivs, places, current);
      },
      release() {
        layer.cancel();
        // Frees its memory at once.
        canvas.width = canvas.height = 0;
        box.replaceChildren();
        page.cleanup();
      },
    };
  }
}

const sizeOf = (page: PDFPageProxy): PageSize => {
  const { width, height } = page.getViewport({ scale: 1 });
  return { width, height };
};

/** A place may begin in one piece and end in another. Gives the pieces that were marked. */
function markPieces(pieces: readonly PieceOfText[], boxes: readonly HTMLElement[], places: readonly { start: number; end: number; hit: number }[], current: number): number[] {
  const marked: number[] = [];
  pieces.forEach(({ str, at }, index) => {
    const here = places.filter(({ start, end }) => start < at + str.length && end > at);
    const box = boxes[index];
    if (!box || here.length === 0) return;
    const parts: (string | HTMLElement)[] = [];
    let done = 0;
    for (const { start, end, hit } of here) {
      const [from, to] = [Math.max(0, start - at), Math.min(str.length, end - at)];
      if (from > done) parts.push(str.slice(done, from));
      const mark = document.createElement('mark');
      mark.textContent = str.slice(from, to);
      mark.dataset['hit'] = String(hit);
      if (hit === current) mark.className = 'current';
      parts.push(mark);
      done = to;
    }
    if (done < str.length) parts.push(str.slice(done));
    box.replaceChildren(...parts);
    marked.push(index);
  });
  return marked;
}
