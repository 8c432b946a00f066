/** The web view offers to load the page anew, which would be a second start: what is under way must not be asked for twice. */

const editable = 'input, textarea, [contenteditable="true"]';

/** Leaves the web view's own menu where there is something to copy or to paste, and takes the keys that load the page. */
export function keepLoaded(page: Document): () => void {
  const menu = (event: Event) => {
    const inField = event.target instanceof Element && event.target.closest(editable) !== null;
    if (!inField && !isOnSelection(page, event as MouseEvent)) event.preventDefault();
  };
  const keys = (event: KeyboardEvent) => {
    const isR = event.code === 'KeyR' || event.key.toLowerCase() === 'r';
    if (event.key === 'F5' || event.key === 'BrowserRefresh' || (isR && (event.ctrlKey || event.metaKey))) event.preventDefault();
  };
  page.addEventListener('contextmenu', menu);
  page.addEventListener('keydown', keys);
  return () => {
    page.removeEventListener('contextmenu', menu);
    page.removeEventListener('keydown', keys);
  };
}

function isOnSelection(page: Document, { clientX, clientY }: MouseEvent): boolean {
  const selection = page.getSelection();
  if (!selection || selection.isCollapsed || selection.rangeCount === 0) return false;
  return [...selection.getRangeAt(0).getClientRects()].some(({ left, right, top, bottom }) => clientX >= left && clientX <= right && clientY >= top && clientY <= bottom);
}
