/** Adds to sanitised HTML what is the page's own: heads of code blocks, frames of tables, formulas, pictures. */
import { decorationButton } from './parts';
import { highlight } from './highlight';
import { shownAddress } from './links';
import type { PictureWords } from './pictures';
import { setFormulas } from './set-maths';
import { markScript } from './script';

export interface Decoration {
  words: PictureWords & { copy: string; copied: string; code: string; table: string };
  copy: (text: string) => Promise<boolean>;
  /** The address a path of the server stands for, where it may be opened. */
  resolve: ((path: string) => string | null) | undefined;
  /** The language of the page, so that text in another one can be marked. */
  locale: string;
}

const endsInText = new Set(['P', 'UL', 'OL', 'LI', 'BLOCKQUOTE', 'H2', 'H3', 'H4', 'H5', 'H6']);

/** Draws the block and makes it ours, but for its pictures; `html` must be sanitised. Looks only at what it needs of `how`: that is what it is drawn anew for. `caret`: it still grows, and a caret stands behind its last word. */
export function draw(element: HTMLElement, html: string, how: Decoration, caret = false): void {
  element.innerHTML = html;
  // For the space around it: asking with :has() would cost a look at every block each time one is added.
  element.toggleAttribute('data-heading', /^H[2-6]$/.test(element.firstElementChild?.nodeName ?? ''));
  markScript(element, how.locale);
  if (caret) {
    let end: Element = element;
    while (end.lastElementChild && endsInText.has(end.lastElementChild.nodeName)) end = end.lastElementChild;
    const mark = document.createElement('span');
    mark.className = 'caret';
    mark.setAttribute('aria-hidden', 'true');
    end.append(mark);
  }
  setFormulas(element);
  for (const pre of element.querySelectorAll('pre')) codeBlock(pre, how, caret);
  for (const table of element.querySelectorAll('table')) {
    table.className = 'tbl';
    const frame = document.createElement('div');
    frame.className = 'tbl-frame';
    frame.tabIndex = 0;
    frame.setAttribute('role', 'region');
    frame.setAttribute('aria-label', how.words.table);
    table.replaceWith(frame);
    frame.append(table);
  }
  // Things to do have a box of their own in place of the bullet.
  for (const item of element.querySelectorAll('li')) if (/^\s*[☐☑] /.test(item.textContent ?? '')) item.className = 'task';
  for (const link of element.querySelectorAll<HTMLAnchorElement>('a[data-path]')) {
    const address = how.resolve?.(link.dataset['path'] ?? '') ?? null;
    link.removeAttribute('data-path');
    if (address) link.setAttribute('href', address);
  }
  for (const link of element.querySelectorAll<HTMLAnchorElement>('a[href*=":"]')) link.title = shownAddress(link.href).address;
}

function codeBlock(pre: HTMLPreElement, { words, copy }: Decoration, growing: boolean): void {
  const language = pre.getAttribute('lang') ?? '';
  pre.removeAttribute('lang');
  pre.tabIndex = 0;
  // Programs are written from left to right, whatever stands around them.
  pre.dir = 'ltr';
  const frame = document.createElement('div');
  frame.className = 'codeblock';
  const head = document.createElement('header');
  const name = document.createElement('span');
  name.textContent = language ? language.slice(0, 24).toUpperCase() : words.code;
  const button = decorationButton('copy', words.copy);
  const label = button.querySelector('span');
  button.addEventListener('click', () => {
    void copy(pre.textContent ?? '').then((done) => {
      if (!done || !label) return;
      label.textContent = words.copied;
      setTimeout(() => (label.textContent = words.copy), 1600);
    });
  });
  head.append(name, button);
  pre.replaceWith(frame);
  frame.append(head, pre);
  const code = pre.querySelector('code');
  if (code && !growing) highlight(code, language);
}
