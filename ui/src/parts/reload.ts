/** The web view offers to load the page anew, which would be a second start: what is under way must not be asked for twice. */

const editable = 'input, textarea, [contenteditable="true"]';

/** Leaves the web view's own menu where there is something to copy or to paste, and takes the keys that load the page. */
export function keepLoaded(page: Document): () => void {
  const menu = (event: Event) => {
    const inField = event.target instanceof Element && event.target.closest(editable) !== null;
    const selected = page.getSelection()?.toString() ?? '';
    if (!inField && selected === '') event.preventDefault();
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === 'F5' || (event.key.toLowerCase() === 'r' && (event.ctrlKey || event.metaKey))) event.preventDefault();
  };
  page.addEventListener('contextmenu', menu);
  page.addEventListener('keydown', keys);
  return () => {
    page.removeEventListener('contextmenu', menu);
    page.removeEventListener('keydown', keys);
  };
}
