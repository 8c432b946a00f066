/**
 * Markdown of models and of past runs, as safe HTML. Nothing in it may run, load, submit, overlay or restyle: the text
 * comes from servers and documents. Pictures of the web lose their address, so that reading a
 * result tells nobody about it.
 */
import DOMPurify, { type Config } from 'dompurify';
import { Marked, type Token, type Tokens } from 'marked';
import { isPath, webAddress } from './links';
import { formulas } from './maths';

/**
 * Asked at each place of a text, three of marked's rules took nine tenths of the time in WebKit: they are only asked where
 * they could find something. `false` asks them.
 */
const quickly = {
  /** Text up to the next mark. Where an address may begin in it, the rule knows best. */
  inlineText(this: { lexer: { state: { inRawBlock: boolean } } }, src: string): Tokens.Text | false {
    let raw = /^[^\\<![`*~_\n@]+/.exec(src)?.[0] ?? '';
    const next = src[raw.length];
    if (next === '@' || next === '_' || raw.includes('://') || /www\./i.test(raw)) return false;
    // Blanks before a line's end belong to the end.
    if (next === '\n') raw = raw.trimEnd();
    return raw ? { type: 'text', raw, text: raw, escaped: this.lexer.state.inRawBlock } : false;
  },
  /** Addresses that are written without marks. */
  url(src: string): false | undefined {
    const beginning = src.slice(0, 400);
    return /^(?:(?:https?|ftp):\/\/|www\.|[\w.+-]+@)/i.test(beginning) ? false : undefined;
  },
  /** A heading that is underlined. */
  lheading(src: string): false | undefined {
    const end = src.indexOf('\n\n');
    return /\n {0,3}(?:=+|-+) *(?:\n|$)/.test(end < 0 ? src : src.slice(0, end + 2)) ? false : undefined;
  },
};

const marked = new Marked({
  extensions: formulas,
  gfm: true,
  breaks: true,
  tokenizer: quickly,
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

/** A picture that is part of the text. */
const ownPicture = /^data:image\/(?:png|jpeg|gif|webp);base64,[a-z0-9+/=\s]*$/i;

const purify = DOMPurify();

purify.addHook('afterSanitizeAttributes', (node) => {
  if (node.nodeName === 'A') {
    const href = node.getAttribute('href') ?? '';
    const address = webAddress(href);
    // Only what the system may open, in the spelling in which it is shown and opened; everything else is plain text.
    if (address) node.setAttribute('href', address);
    else node.removeAttribute('href');
    // A path at the server may turn out to be a file of this run.
    if (isPath(href)) node.setAttribute('data-path', href);
  } else {
    node.removeAttribute('href');
  }
  if (node.nodeName === 'IMG') {
    const source = node.getAttribute('src') ?? '';
    if (ownPicture.test(source)) return;
    // Nothing is asked of anybody by reading: see `pictures`.
    node.removeAttribute('src');
    node.setAttribute('data-src', source);
  } else node.removeAttribute('src');
});

export function sanitize(html: string): string {
  return purify.sanitize(html, allowed);
}

/** Characters that are read at a time: in WebKit the lexer's cost grows with the square of what it is given. */
const window = 8192;
/** Up to here link definitions reach the text before them. */
const definedWithin = 65536;
export const definition = /^ {0,3}\[[^\]\n]+\]:/m;

/** Whether links of this text may be defined elsewhere in it. */
export function definesLinks(text: string): boolean {
  return text.length <= definedWithin && definition.test(text);
}

/** The blocks of a text, in time proportional to its length. */
export function tokensOf(text: string): Token[] {
  if (text.length <= window || definesLinks(text)) return marked.lexer(text);
  const tokens: Token[] = [];
  let size = window;
  for (let at = 0; at < text.length; ) {
    const isRest = at + size >= text.length;
    const read = marked.lexer(text.slice(at, at + size));
    // The last block may go on behind the window.
    const final = isRest ? read : read.slice(0, Math.max(0, read.findLastIndex((token) => token.type !== 'space')));
    tokens.push(...final);
    if (isRest) break;
    at += final.reduce((sum, token) => sum + token.raw.length, 0);
    size = final.length === 0 ? size * 2 : window;
  }
  return tokens;
}

/** Safe HTML of blocks that stand together. */
export function renderTokens(tokens: Token[]): string {
  return sanitize(marked.parser(tokens));
}
