import { describe, expect, it } from 'vitest';
import { parseCsv, writeCsv } from './csv';
import { guarded } from './guarded';

const evil = "=cmd|' /C calc'!A0";

describe('no cell of a CSV', () => {
  it('is a formula', () => {
    for (const text of ['=1+1', "+cmd|' /C calc'!A0", '-2+3', '@SUM(A1)', '\t1', '  =1', '＝1', '\r1', '\u{3000}=1', '\u{feff}=1', '|x', '－1+1']) expect(guarded(text), JSON.stringify(text)).toBe(`'${text}`);
    expect([guarded('\t=1'), guarded('\r=1')], 'one behind a tab or a line, too').toEqual(["'\t'=1", "'\r'=1"]);
    for (const text of ['a=1', '-12.5', '', '合同', "'=1", '-', '+49 151', '-5,3 %', '-1e5']) expect(guarded(text), 'it is no formula').toBe(text);
  });

  it('is one where another separator than the comma parts it', () => {
    const texts = [`a;${evil}`, `a\t${evil}`, `a\n${evil}`, `a\r${evil};b`, `a; \u{3000}${evil}`, `a;"${evil};`, `a\n "" ${evil}`, 'a;+SUM(1)', 'a;- HYPERLINK("https://a.example")', "a\n- cmd|' /C calc'!A0", "a\t=';'!A1&WEBSERVICE(B1)\tz", 'a;@SUM(A1)', 'a;＝1', 'a;-2+3', '-1;=1', 'Umsatz;=HYPERLINK("https://a.example";"x")'];
    for (const text of texts) {
      const written = writeCsv([['a', 'b', 'c'], ['1', text, '-1']]);
      for (const separator of [',', ';', '\t']) {
        for (const cell of parseCsv(written, separator).flatMap((row) => row.flatMap((cell) => cell.split(/[\r\n]/)))) {
          const first = cell.replace(/^[ \u{3000}\u{feff}]+/u, '')[0] ?? '';
          expect('=+-@＝'.includes(first) && first !== '' && Number.isNaN(Number(cell)), `${JSON.stringify(text)} has ${JSON.stringify(cell)} by ${JSON.stringify(separator)}`).toBe(false);
        }
      }
    }
  });

  it('is other than people wrote it where it may be', () => {
    for (const text of ['12; -5; +3.5', 'At night;-5 °C;\n-12,5 % by day', 'a\n- an item\n- another one\n\n---\n\n=====', 'Call\n+49 30 1234', 'a = 1; b = 2', '1 - 2\n3 + 4', 'mail;a@b.example']) expect(guarded(text)).toBe(text);
    expect(guarded('a; =1\n@b'), 'the mark stands before the sign').toBe("a; '=1\n'@b");
  });

  it('takes longer to guard than its text is long', () => {
    // Looked at from each sign to the end of the line, these are some ten thousand million characters.
    const signs = ';='.repeat(200_000);
    expect(guarded(signs) === signs, 'without a letter there is no formula').toBe(true);
    expect(guarded(`${signs}\na;@b`) === `${signs}\na;'@b`, 'the letters of another line are none of this one').toBe(true);
    expect(guarded(`${signs}a`) === `${";'=".repeat(200_000)}a`, 'all of them may be read as one cell').toBe(true);
    const lines = '\n=1'.repeat(200_000);
    expect(guarded(lines) === "\n'=1".repeat(200_000).replace(/^/, "'"), 'nor where each is a line of its own').toBe(true);
  });
});
