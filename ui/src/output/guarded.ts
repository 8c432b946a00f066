/**
 * A text that is no formula, nor has one where another separator than the comma parts it: spreadsheets of many countries
 * part cells by semicolons and pasted ones by tabs, and then a line that is quoted here ends its row. As Rust writes
 * tables (`out/comma`). Pure.
 */
export function guarded(text: string): string {
  if (!/[=+\-@＝＋－＠|\t\r\n]/.test(text)) return text;
  const first = text.replace(blanks, '')[0] ?? '';
  let out = (isSign(first) || /[\t\r\n|]/.test(first)) && !isNumber(text) ? "'" : '';
  const line = letters(text);
  let at = 0;
  for (const [piece] of text.matchAll(/[^;\t\r\n]*[;\t\r\n]|[^;\t\r\n]+$/g)) {
    // A quote that begins here is none to who parts cells otherwise.
    const from = blanksAndQuotes.exec(piece)?.[0].length ?? 0;
    const isOne = at > 0 && isFormula(piece.slice(from), () => line(at + from));
    out += piece.slice(0, from) + (isOne ? "'" : '') + piece.slice(from);
    at += piece.length;
  }
  return out;
}

/** They do not keep spreadsheets from the sign behind them. */
const blanks = /^[ \u00a0\u3000\ufeff]+/;
const blanksAndQuotes = /^["\u0020\u00a0\u3000\ufeff]+/;

/** Full-width signs are signs to some, too. */
const isSign = (sign: string): boolean => /^[=+\-@＝＋－＠]/.test(sign);

/** As people write them; a dash alone stands for none. */
const isNumber = (text: string): boolean => text === '-' || /^[+-]?[\d.,% \u00a0\u202f]+(?:e[+-]?\d+)?$/i.test(text);

const letter = /[\p{Alphabetic}\p{N}]/u;

/** Whether a line has a letter from a place on; asked about places that only go on. Each letter and each end is looked for once, however many ask. */
function letters(text: string): (from: number) => boolean {
  const next = (what: RegExp) => {
    let at = -1;
    return (from: number) => {
      if (at >= from) return at;
      what.lastIndex = from;
      return (at = what.exec(text)?.index ?? text.length);
    };
  };
  const [letterFrom, endFrom] = [next(/[\p{Alphabetic}\p{N}]/gu), next(/[\t\r\n]/g)];
  return (from) => letterFrom(from) < endFrom(from);
}

/** Whether what stands within a text begins a formula. Numbers, items of lists and drawn lines are none: an item may name a cell, but neither calls anything nor leads anywhere. */
function isFormula(piece: string, isLetterOn: () => boolean): boolean {
  if (!isSign(piece)) return false;
  // Who parts cells by tabs reads on behind a semicolon.
  if (/^[=@＝＠]/.test(piece)) return isLetterOn();
  if (!letter.test(piece)) return false;
  const rest = piece.slice(1);
  const calls = /[(|!（｜！]/.test(rest);
  const isNumberOn = /^[\d.]/.test(rest) && !/[=+\-@＝＋－＠*/^&<>]/.test(rest);
  return calls || !(isNumberOn || blanks.test(rest));
}
