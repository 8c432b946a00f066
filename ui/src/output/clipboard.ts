/** What goes on the clipboard: the document without what is ours, formulas as they were written, code without colours. */

/** HTML for Word and Excel. */
export function plainHtml(article: HTMLElement): string {
  const copy = article.cloneNode(true) as HTMLElement;
  tidy(copy);
  // Comments are Svelte's marks of its blocks.
  return copy.innerHTML.replace(/<!--[\s\S]*?-->/g, '').trim();
}

/** As one reads it, line by line. */
export function plainText(article: HTMLElement): string {
  // Lines are known only of what is laid out.
  const place = document.createElement('div');
  place.className = 'vh';
  place.setAttribute('aria-hidden', 'true');
  place.style.width = '60rem';
  place.style.whiteSpace = 'normal';
  const copy = article.cloneNode(true) as HTMLElement;
  tidy(copy);
  place.append(copy);
  document.body.append(place);
  const text = place.innerText.replace(/\n{3,}/g, '\n\n').trim();
  place.remove();
  return text;
}

/** In place; `root` is a copy. */
function tidy(root: ParentNode): void {
  for (const extra of root.querySelectorAll('.codeblock > header, .caret, details.thinking, .vh, .picture > button, .earlier')) extra.remove();
  for (const formula of root.querySelectorAll<HTMLElement>('.maths')) formula.replaceWith(formula.dataset['source'] ?? '');
  for (const formula of root.querySelectorAll('code.tex')) formula.replaceWith(formula.textContent ?? '');
  for (const code of root.querySelectorAll('pre code')) code.textContent = code.textContent ?? '';
  for (const frame of root.querySelectorAll('article, section.source, .block, .tbl-frame, .codeblock, .picture')) frame.replaceWith(...frame.childNodes);
  for (const element of root.querySelectorAll('*')) {
    for (const name of ['class', 'tabindex', 'role', 'aria-label', 'dir', 'data-testid']) element.removeAttribute(name);
  }
  for (const table of root.querySelectorAll('table')) {
    table.setAttribute('border', '1');
    table.setAttribute('style', 'border-collapse: collapse');
  }
}

/**
 * A selection in the document, copied: without the page's colours, which belong to a theme and not to the text, and
 * with formulas as they were written. False leaves it to the web view.
 */
export function copySelection(event: ClipboardEvent, article: HTMLElement): boolean {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed || selection.rangeCount === 0 || !event.clipboardData) return false;
  const range = selection.getRangeAt(0).cloneRange();
  if (!article.contains(range.commonAncestorContainer)) return false;
  // Half a formula is none.
  const whole = (node: Node) => (node instanceof Element ? node : node.parentElement)?.closest('.maths') ?? null;
  const [first, last] = [whole(range.startContainer), whole(range.endContainer)];
  if (first) range.setStartBefore(first);
  if (last) range.setEndAfter(last);
  const box = document.createElement('div');
  box.append(range.cloneContents());
  tidy(box);
  // Lines are where the web view sees them, which it only does of what is in the page.
  box.className = 'clip';
  document.body.append(box);
  const text = box.innerText ?? box.textContent ?? '';
  box.remove();
  event.clipboardData.setData('text/plain', text.trim());
  event.clipboardData.setData('text/html', box.innerHTML.replace(/<!--[\s\S]*?-->/g, ''));
  event.preventDefault();
  return true;
}
