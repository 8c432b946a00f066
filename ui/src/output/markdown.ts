/**
 * Markdown of models and of past runs, as safe HTML. Nothing in it may run, load, submit, overlay or restyle: the text
 * comes from servers and documents. Pictures of the web become links, so that reading a result tells nobody about it.
 */
import DOMPurify, { type Config } from 'dompurify';
import { Marked, type Token } from 'marked';
import { words } from '../text/words.svelte';

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    // The page has the h1; a document starts below it.
    heading({ tokens, depth }) {
      const level = Math.min(6, depth + 1);
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>\n`;
    },
    // Form controls are not let through, and these could not be ticked anyway.
    checkbox({ checked }) {
      return checked ? '☑ ' : '☐ ';
    },
    code({ text, lang }) {
      const language = (lang ?? '').split(/\s/)[0] ?? '';
      return `<pre lang="${escapeHtml(language)}"><code>${escapeHtml(text)}</code></pre>\n`;
    },
  },
});

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const allowed: Config = {
  ALLOWED_TAGS: [
    'a', 'abbr', 'b', 'blockquote', 'br', 'caption', 'code', 'dd', 'del', 'details', 'div', 'dl', 'dt', 'em', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'i', 'img', 'ins',
    'kbd', 'li', 'mark', 'ol', 'p', 'pre', 'q', 's', 'samp', 'small', 'span', 'strong', 'sub', 'summary', 'sup', 'table', 'tbody', 'td', 'tfoot', 'th', 'thead', 'tr', 'u', 'ul',
  ],
  ALLOWED_ATTR: ['href', 'src', 'alt', 'title', 'lang', 'align', 'start', 'colspan', 'rowspan', 'open'],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  // Also asked for attributes that are no addresses, hence the second half: anything without a scheme.
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|data:image\/(?:png|jpeg|gif|webp);base64,|[^a-z]|[a-z+.-]+(?:[^a-z+.\-:]|$))/i,
};

const purify = DOMPurify();

purify.addHook('afterSanitizeAttributes', (node) => {
  if (node.nodeName === 'A') {
    // Only what the system's browser may open; everything else is plain text.
    if (!/^https?:/i.test(node.getAttribute('href') ?? '')) node.removeAttribute('href');
  }
  if (node.nodeName === 'IMG' && !/^data:image\/(png|jpeg|gif|webp);base64,/i.test(node.getAttribute('src') ?? '')) {
    const source = node.getAttribute('src') ?? '';
    const text = words.now.run.picture(node.getAttribute('alt') ?? '');
    const link = node.ownerDocument.createElement('a');
    link.textContent = text;
    if (/^https?:/i.test(source)) link.setAttribute('href', source);
    node.replaceWith(link);
  }
});

export function sanitize(html: string): string {
  return purify.sanitize(html, allowed);
}

export function tokensOf(text: string): Token[] {
  return marked.lexer(text);
}

/** Safe HTML of one block. */
export function renderToken(token: Token): string {
  return sanitize(marked.parser([token]));
}
