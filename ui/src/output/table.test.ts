import { describe, expect, it } from 'vitest';
import { asWritten, hasLongerRows, parseCsv, parseTable, writeCsv, writeHtml, writeTabs } from './csv';
import { plainRows, sorted, tableOf, tableOfText } from './table';

describe('a table', () => {
  it('is sorted by number or by word, with what is empty at the end', () => {
    const table = tableOf([{ n: 10, w: 'b' }, { n: 9, w: 'Ä' }, { n: null, w: '' }, { n: 100, w: 'a10' }, { n: 1, w: 'a9' }]);
    expect(sorted(table, { column: 'n', up: true }, 'en').map((row) => row['n'])).toEqual([1, 9, 10, 100, null]);
    expect(sorted(table, { column: 'w', up: false }, 'en').map((row) => row['w'])).toEqual(['b', 'a10', 'a9', 'Ä', '']);
    expect(sorted(table, null, 'en').map((row) => row['n'])).toEqual([10, 9, null, 100, 1]);
  });

  it('goes to other programs whole, with nested values as JSON', () => {
    const table = tableOf([{ name: 'a\tb', deep: [1, { x: 2 }], big: 12345678.9 }, { name: '<b>"q", x</b>' }]);
    const rows = plainRows(table, table.rows, 'Value');
    expect(writeTabs(rows)).toBe('name\tdeep\tbig\na b\t[1,{"x":2}]\t12345678.9\n<b>"q", x</b>\t\t');
    expect(writeHtml(rows)).toContain('<td>&#60;b&#62;&#34;q&#34;, x&#60;/b&#62;</td>');
    expect(parseCsv(writeCsv(rows), ',')).toEqual(rows);
  });

  it('is read by a spreadsheet as text, never as a formula', () => {
    const written = writeCsv([['=1+1', '-5', '+49 151', '-2+3', '@x', '-1e5', 'a=b', '-']]);
    expect(written).toBe("\ufeff'=1+1,-5,+49 151,'-2+3,'@x,-1e5,a=b,-\r\n");
  });

  it('of a text keeps every cell as it was written', () => {
    const rows = parseTable('a,b\r\n"x, ""y""\nz",007\r\n1,2\r\n');
    expect(rows).toEqual([['a', 'b'], ['x, "y"\nz', '007'], ['1', '2']]);
    expect(tableOfText(rows ?? []).rows[0]).toEqual({ a: 'x, "y"\nz', b: '007' });
  });

  it('loses no cell of a row that is longer than the first', () => {
    const lines = Array.from({ length: 60 }, (_, n) => (n === 50 ? 'x;y;z;w' : 'a;b'));
    const text = ['n;4', ...lines].join('\n');
    expect(hasLongerRows(text), 'beyond the first lines, too').toBe(true);
    expect(hasLongerRows('n;4\na;b\nc;d')).toBe(false);
    const table = tableOfText(parseTable(text) ?? []);
    expect(table.columns, 'a column that is called 4 stays one').toEqual(['n', '4', '3', '5']);
    expect(plainRows(table, table.rows, '')[51]).toEqual(['x', 'y', 'z', 'w']);
  });

  it('that an app wrote is saved as it wrote it', () => {
    expect(asWritten('a;b\n=x;-\n')).toBe('a;b\n=x;-\n');
    expect(asWritten('姓名;b\n'), 'Excel would take it for another encoding').toBe('\ufeff姓名;b\n');
    expect(asWritten('\ufeff姓名;b\n')).toBe('\ufeff姓名;b\n');
  });

  it('of 50,000 rows is sorted and written whole', () => {
    const table = tableOf(Array.from({ length: 50_000 }, (_, n) => ({ n: (n * 7919) % 50_000, name: `Name ${n}`, note: 'x'.repeat(40) })));
    const rows = sorted(table, { column: 'n', up: true }, 'en');
    expect(writeCsv(plainRows(table, rows, '')).length).toBeGreaterThan(2_000_000);
  });
});
