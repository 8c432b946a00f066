import { describe, expect, it } from 'vitest';
import { findPlace } from './place';
import { shapeOutputs } from './shape';

describe('the place somebody reads at', () => {
  it('is known again in the output it became', () => {
    const { main } = shapeOutputs({ letter: `${'Dear colleague. '.repeat(40)}`, note: `# Note\n\n${'All is **well** here. '.repeat(20)}` }, '');
    expect(findPlace({ words: 'All is well here. All is well here.' }, main)).toBe(1);
    expect(findPlace({ words: 'Dear colleague. Dear colleague.' }, main)).toBe(0);
    expect(findPlace({ words: 'Nowhere.' }, main)).toBe(-1);
    expect(findPlace({ words: '…' }, main)).toBe(-1);
  });
});
