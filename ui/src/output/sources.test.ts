import { describe, expect, it } from 'vitest';
import type { Step } from '../ipc/gen/Step';
import { reasoningsOf, sectionsOf } from './sources';

const step = (nodeId: string, more: Partial<Step> = {}) => ({ id: `e-${nodeId}`, nodeId, title: nodeId.toUpperCase(), reasoning: '', ...more }) as Step;
const part = (source: string, text: string) => ({ source, text });

describe('streamed text by source', () => {
  it('has no heading while one source speaks', () => {
    expect(sectionsOf([part('a.text', 'One.')], [step('a')])).toMatchObject([{ key: 'first', step: null, variable: null }]);
  });

  it('has the step of each where several do, each text whole', () => {
    const sections = sectionsOf([part('a.text', 'One.'), part('b.text', 'Two.')], [step('a'), step('b')]);
    expect(sections.map(({ step, text }) => [step?.title, text.text])).toEqual([['A', 'One.'], ['B', 'Two.']]);
  });

  it('does not count the line breaks that join outputs as a source', () => {
    expect(sectionsOf([part('a.text', 'One.'), part('end.answer', '\n\n')], [step('a'), step('end')])).toHaveLength(1);
  });

  it('tells two texts of one step apart', () => {
    expect(sectionsOf([part('a.text', 'One.'), part('a.sub.title', 'Two.')], [step('a')]).map(({ variable }) => variable)).toEqual(['text', 'sub.title']);
  });

  it('keeps the first one the same when more begin', () => {
    const first = sectionsOf([part('a.text', 'One.')], [])[0]?.key;
    expect(sectionsOf([part('a.text', 'One.'), part('b.text', 'Two.')], [])[0]?.key).toBe(first);
  });

  it('goes on without a step that is not known, as after a replacement', () => {
    expect(sectionsOf([part('', 'Replaced.')], [step('a')])).toMatchObject([{ step: null }]);
  });
});

it('finds the thinking of steps, and nothing where there is none', () => {
  expect(reasoningsOf([step('a'), step('b', { reasoning: 'hm' }), step('c', { reasoning: ' ' })]).map(({ key }) => key)).toEqual(['e-b']);
});
