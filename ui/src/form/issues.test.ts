import { describe, expect, it } from 'vitest';
import type { Field } from '../ipc/gen/Field';
import type { Issue } from '../ipc/gen/Issue';
import type { JsonFault } from '../ipc/gen/JsonFault';
import type { SchemaFault } from '../ipc/gen/SchemaFault';
import { en } from '../text/en';
import { zh } from '../text/zh';
import { problemText, serverWords } from './issues';

const field: Field = { variable: 'data', label: 'Data', required: true, hidden: false, hint: null, placeholder: null, control: { type: 'json', schema: null, default: '' } };
const told = (issue: Issue, t = en, server: string | null = null) => problemText({ variable: 'data', fileIndex: null, issue, server, warning: false }, field, t);
const syntax = (fault: JsonFault, t = en) => told({ code: 'json_syntax', line: 3, column: 12, fault }, t);
const schema = (fault: SchemaFault, path = '', t = en) => told({ code: 'json_schema', path, fault }, t);

describe('what is wrong with an entry', () => {
  it('says where JSON breaks and why, in both languages', () => {
    expect(syntax('comma')).toBe('Line 3, character 12: a comma is missing before this, or a closing bracket.');
    expect(syntax('quotes')).toBe('Line 3, character 12: use straight double quotation marks: "');
    expect(syntax('full_width', zh)).toBe('第 3 行第 12 个字符：请改用半角符号：, : ; { } [ ]');
    expect(syntax('line_break', zh)).toBe('第 3 行第 12 个字符：文本不能跨行，换行请写作 \\n。');
    for (const t of [en, zh]) {
      const faults = Object.keys(t.issues.json) as JsonFault[];
      expect(new Set(faults.map((fault) => syntax(fault, t))).size, 'each cause has words of its own').toBe(faults.length);
    }
  });

  it('says what a schema asks for, and at which place people would look', () => {
    expect(schema({ kind: 'missing', name: 'id' })).toBe('“id” is missing.');
    expect(schema({ kind: 'type', types: ['integer', 'null'] }, '/items/0/price')).toBe('items › 1 › price: a whole number or null is needed here.');
    expect(schema({ kind: 'type', types: ['integer'] }, '/items/0/price', zh)).toBe('items › 1 › price：此处需要整数。');
    expect(schema({ kind: 'options', options: ['a', 'b'] }, '/kind')).toBe('kind: Only these are possible: “a” and “b”');
    expect(schema({ kind: 'too_few', min: 1 }, '/a~1b')).toBe('a/b: At least 1 entry is needed.');
    expect(schema({ kind: 'unknown', names: ['x'] }, '', zh)).toBe('请删除“x”，应用不认识它。');
  });

  it('quotes the server where only the server knows, and folds its words elsewhere', () => {
    const said = "(type 'text-input') text in input form must be a string";
    expect(told({ code: 'refused' }, en, said)).toBe(`The server does not take this entry. The server says: “${said}”`);
    const required = { variable: 'data', fileIndex: null, issue: { code: 'required' } as const, server: 'data is required in input form', warning: false };
    expect(problemText(required, field, en)).toBe('Fill in “Data”.');
    expect(serverWords(required)).toBe('data is required in input form');
    expect(serverWords({ ...required, issue: { code: 'refused' } }), 'said already').toBeNull();
  });
});
