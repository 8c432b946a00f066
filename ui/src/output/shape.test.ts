import { describe, expect, it } from 'vitest';
import { shapeOutputs } from './shape';

const file = { dify_model_identity: '__dify__file__', filename: 'a.pdf' };

describe('outputs of a run', () => {
  it('make the longest text the document and other long texts tabs, in their order', () => {
    const shape = shapeOutputs({ a: 'x '.repeat(100), b: 'y '.repeat(200), d: 'z '.repeat(150), c: 'short' }, '');
    expect(shape.main.map((part) => part.name)).toEqual(['b', 'a', 'd']);
    expect(shape.beside).toEqual([{ name: 'c', value: 'short' }]);
  });

  it('keep a streamed text that they do not hold', () => {
    expect(shapeOutputs({ score: 3 }, 'Something else was written.').main.map((part) => part.text)).toEqual(['Something else was written.']);
    expect(shapeOutputs({}, 'Half a sen').main.map((part) => part.text)).toEqual(['Half a sen']);
  });

  it('take the place of a streamed text that only renders them', () => {
    const outputs = { done: true, tags: ['red', 'blue'], object: { deep: 1 }, nothing: null, picture: file };
    const streamed = '\nTrue\n- red\n- blue\n\n{\n  "deep": 1\n}\n\n[a.pdf](/files/x?sign=1)';
    expect(shapeOutputs(outputs, streamed).main).toEqual([]);
  });

  it('make a lone short text the document', () => {
    const shape = shapeOutputs({ answer: '42' }, '42');
    expect(shape.main).toEqual([{ name: 'answer', text: '42', value: null, views: ['document', 'text'] }]);
    expect(shape.beside).toEqual([]);
  });

  it('show lists of objects as tables, however deep, and large objects as trees', () => {
    const rows = Array.from({ length: 9 }, (_, n) => ({ n, inner: { a: [n] } }));
    const large = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`k${n}`, n]));
    const shape = shapeOutputs({ rows, large, mixed: [{ a: 1 }, 2, { b: 3 }], small: { a: 1, b: { c: 2 } } }, '');
    expect(shape.main.map((part) => [part.name, part.views[0]])).toEqual([['rows', 'table'], ['large', 'tree'], ['mixed', 'tree']]);
    expect(shape.beside.map((entry) => entry.name)).toEqual(['small']);
  });

  it('say what is empty, and leave files to their own place', () => {
    const shape = shapeOutputs({ file, files: [file], nothing: null, blank: '', none: [], list: ['a', 'b'] }, '');
    expect(shape.main).toEqual([]);
    expect(shape.beside).toEqual([{ name: 'nothing', value: null }, { name: 'blank', value: '' }, { name: 'none', value: [] }, { name: 'list', value: ['a', 'b'] }]);
  });
});
