/** Adds to sanitised HTML what is the page's own: heads of code blocks, frames of tables. */
import { shapes } from '../parts/icons';

export interface DecorationWords {
  copy: string;
  copied: string;
  code: string;
  table: string;
}

const endsInText = new Set(['P', 'UL', 'OL', 'LI', 'BLOCKQUOTE', 'H2', 'H3', 'H4', 'H5', 'H6']);

/** Draws the block and makes it ours; `html` must be sanitised. With a caret, it stands behind the last word. */
export function draw(element: HTMLElement, html: string, labels: DecorationWords, copy: (text: string) => Promise<boolean>, caret = false): void {
  element.innerHTML = html;
  // For the space around it: asking with :has() would cost a look at every block each time one is added.
  element.toggleAttribute('data-heading', /^H[2-6]$/.test(element.firstElementChild?.nodeName ?? ''));
  if (caret) {
    let end: Element = element;
    while (end.lastElementChild && endsInText.has(end.lastElementChild.nodeName)) end = end.lastElementChild;
    const mark = document.createElement('span');
    mark.className = 'caret';
    mark.setAttribute('aria-hidden', 'true');
    end.append(mark);
  }
  for (const pre of element.querySelectorAll('pre')) codeBlock(pre, labels, copy);
  for (const table of element.querySelectorAll('table')) {
    table.className = 'tbl';
    const frame = document.createElement('div');
    frame.className = 'tbl-frame';
    frame.tabIndex = 0;
    frame.setAttribute('role', 'region');
    frame.setAttribute('aria-label', labels.table);
    table.replaceWith(frame);
    frame.append(table);
  }
  for (const link of element.querySelectorAll<HTMLAnchorElement>('a[href]')) link.title = link.href;
}

function codeBlock(pre: HTMLPreElement, labels: DecorationWords, copy: (text: string) => Promise<boolean>): void {
  const language = pre.getAttribute('lang') ?? '';
  pre.removeAttribute('lang');
  pre.tabIndex = 0;
  const frame = document.createElement('div');
  frame.className = 'codeblock';
  const head = document.createElement('header');
  const name = document.createElement('span');
  name.textContent = language ? language.toUpperCase() : labels.code;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'btn quiet small';
  const label = document.createElement('span');
  label.textContent = labels.copy;
  button.innerHTML = `<svg class="i s" viewBox="0 0 20 20" aria-hidden="true">${shapes.copy}</svg>`;
  button.append(label);
  button.addEventListener('click', () => {
    void copy(pre.textContent ?? '').then((done) => {
      if (!done) return;
      label.textContent = labels.copied;
      setTimeout(() => (label.textContent = labels.copy), 1600);
    });
  });
  head.append(name, button);
  pre.replaceWith(frame);
  frame.append(head, pre);
}

/** What goes on the clipboard: the document without our buttons. */
export function plainHtml(article: HTMLElement): string {
  const copy = article.cloneNode(true) as HTMLElement;
  for (const extra of copy.querySelectorAll('.codeblock > header, .caret, details.thinking, .vh')) extra.remove();
  for (const frame of copy.querySelectorAll('.block, .tbl-frame, .codeblock')) frame.replaceWith(...frame.childNodes);
  for (const element of copy.querySelectorAll('*')) {
    element.removeAttribute('class');
    element.removeAttribute('tabindex');
    element.removeAttribute('role');
    element.removeAttribute('aria-label');
  }
  for (const table of copy.querySelectorAll('table')) {
    table.setAttribute('border', '1');
    table.setAttribute('style', 'border-collapse: collapse');
  }
  // Comments are Svelte's marks of its blocks.
  return copy.innerHTML.replace(/<!--[\s\S]*?-->/g, '').trim();
}
