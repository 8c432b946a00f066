/**
 * Formulas in Markdown: `$…$`, `$$…$$`, `\(…\)` and `\[…\]`. Prices must stay text, so a dollar only opens a formula
 * where no blank follows it and only closes one where none stands before it and no letter or figure behind it.
 * Here they are only found; `maths-draw` sets them.
 */
import type { TokenizerAndRendererExtension, Tokens } from 'marked';

const longestInline = 1000;
const longestDisplay = 10_000;

/** `5, or 5` and `5 to` are amounts with words between them; `5x`, `5 \text{m}` are not. */
function isAmount(inside: string): boolean {
  const number = /^\d[\d.,]*(?=[\s\-–,;:/])/.exec(inside);
  // Words that belong to a command, such as \text{of them}, are part of the formula.
  return number !== null && /(?:^|[\s\-–,;:/])\p{L}{2}/u.test(inside.slice(number[0].length).replace(/\\[a-z]+(?:\{[^{}]*\})?/gi, '0'));
}

/** Where a formula that began closes; -1 where it does not. A blank line ends it, and a dollar closes nothing else. */
function closing(text: string, from: number, mark: string, most: number): number {
  const end = Math.min(text.length, from + most);
  for (let at = from; at < end; at++) {
    const character = text[at];
    if (character === '\\' || character === '$') {
      if (text.startsWith(mark, at)) return at;
      if (character === '$') return -1;
      if (text[at + 1] !== '\n') at++;
    } else if (character === '\n') {
      if (mark === '$') return -1;
      let next = at + 1;
      while (text[next] === ' ' || text[next] === '\t') next++;
      if (next >= text.length || text[next] === '\n') return -1;
    }
  }
  return -1;
}

const closers: { [opener: string]: string } = { '$$': '$$', '\\(': '\\)', '\\[': '\\]' };

/** The formula at the start of a text, with its marks; null where there is none. */
export function inlineFormula(text: string): { raw: string; display: boolean } | null {
  const opener = text.slice(0, 2);
  const closer = closers[opener];
  if (closer !== undefined) {
    const display = opener !== '\\(';
    const at = closing(text, 2, closer, display ? longestDisplay : longestInline);
    return at > 0 && text.slice(2, at).trim() ? { raw: text.slice(0, at + 2), display } : null;
  }
  if (text[0] !== '$' || /^\$\s/.test(opener)) return null;
  const at = closing(text, 1, '$', longestInline);
  if (at <= 1 || /\s/.test(text[at - 1] ?? '') || /^[\w$]/.test(text.slice(at + 1, at + 2)) || isAmount(text.slice(1, at))) return null;
  return { raw: text.slice(0, at + 1), display: false };
}

/**
 * A display formula on lines of its own. It ends before a blank line: what is not closed by then is no formula. Until
 * then the lines belong together, because marks within them, such as `-`, must not become blocks.
 */
function blockFormula(text: string): { raw: string; formula: string | null } | null {
  const begin = /^ {0,3}(?=\$\$|\\\[)/.exec(text);
  if (!begin) return null;
  const rest = text.slice(begin[0].length, begin[0].length + longestDisplay);
  const found = inlineFormula(rest);
  if (found) {
    const after = /^[ \t]*(?:\n+|$)/.exec(rest.slice(found.raw.length));
    // A line that closes its formula and goes on is a paragraph like any other.
    return after ? { raw: begin[0] + found.raw + after[0], formula: found.raw } : null;
  }
  const blank = /\n[ \t]*(?:\n+|$)/.exec(rest);
  return { raw: begin[0] + (blank ? rest.slice(0, blank.index + blank[0].length) : rest), formula: null };
}

const escape = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
const drawn = (raw: string, display: boolean) => `<code lang="${display ? displayMark : inlineMark}">${escape(raw)}</code>`;

/** How a formula is marked in sanitised HTML; text of a server that says the same is a formula, too. */
export const inlineMark = 'x-tex';
export const displayMark = 'x-tex-display';

const inline: TokenizerAndRendererExtension = {
  name: 'formula',
  level: 'inline',
  start(text) {
    const at = text.search(/\$|\\[([]/);
    return at < 0 ? undefined : at;
  },
  tokenizer(text) {
    const found = inlineFormula(text);
    if (!found) return undefined;
    return { type: 'formula', ...found };
  },
  renderer: ({ raw, display }: Tokens.Generic) => drawn(raw, display === true),
};

const block: TokenizerAndRendererExtension = {
  name: 'formulaBlock',
  level: 'block',
  start(text) {
    // No paragraph goes on behind a blank line: to look there at each of them would cost the square of their length.
    const end = text.indexOf('\n\n');
    const at = /\n {0,3}(?:\$\$|\\\[)/.exec(end < 0 ? text : text.slice(0, end));
    return at ? at.index + 1 : undefined;
  },
  tokenizer(text) {
    const found = blockFormula(text);
    return found ? { type: 'formulaBlock', ...found } : undefined;
  },
  renderer: ({ raw, formula }: Tokens.Generic) => (typeof formula === 'string' ? `<p>${drawn(formula, true)}</p>\n` : `<p>${escape(raw.trim()).replaceAll('\n', '<br>')}</p>\n`),
};

export const formulas = [inline, block];

/** The formula without its marks. */
export function texOf(source: string): string {
  const text = source.trim();
  const marks = /^(?:\$\$([\s\S]*)\$\$|\$([\s\S]*)\$|\\\(([\s\S]*)\\\)|\\\[([\s\S]*)\\\])$/.exec(text);
  return (marks?.[1] ?? marks?.[2] ?? marks?.[3] ?? marks?.[4] ?? text).trim();
}
