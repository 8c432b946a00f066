import { describe, expect, it } from 'vitest';
import { shapeOutputs } from './shape';

describe('outputs of a run', () => {
  it('make the longest text the document and other long texts tabs', () => {
    const shape = shapeOutputs({ a: 'x'.repeat(200), b: 'y'.repeat(400), c: 'short' }, '');
    expect(shape.main.map((part) => part.name)).toEqual(['b', 'a']);
    expect(shape.short).toEqual([{ name: 'c', value: 'short' }]);
  });

  it('fall back to the streamed text', () => {
    expect(shapeOutputs({ score: 3 }, 'Streamed.').main).toEqual([{ kind: 'text', name: '', text: 'Streamed.' }]);
  });

  it('make a lone short text the document', () => {
    const shape = shapeOutputs({ answer: '42' }, '');
    expect(shape.main).toEqual([{ kind: 'text', name: 'answer', text: '42' }]);
    expect(shape.short).toEqual([]);
  });

  it('show lists of flat objects as tables and deep ones as trees', () => {
    const shape = shapeOutputs({ rows: [{ a: 1, b: 'x' }, { a: 2 }], deep: [{ a: { b: 1 } }], object: { a: 1 } }, 'Text');
    expect(shape.main[1]).toMatchObject({ kind: 'table', name: 'rows', columns: ['a', 'b'] });
    expect(shape.trees.map((tree) => tree.name)).toEqual(['deep', 'object']);
  });

  it('leave files and empty values out', () => {
    const file = { dify_model_identity: '__dify__file__', filename: 'a.pdf' };
    const shape = shapeOutputs({ file, files: [file], nothing: null, blank: '' }, '');
    expect(shape).toEqual({ main: [], short: [], trees: [] });
  });
});
