import { expect, it } from 'vitest';
import type { AgentNote } from '../ipc/gen/AgentNote';
import { notesOf, type Note } from './notes';

const note = (id: string, parent: string | null, label = id): AgentNote => ({ id, parent, label, status: 'success', error: null, data: null, elapsed: null, tokens: null });
const shape = (notes: Note[]): unknown => notes.map((entry) => (entry.inner.length > 0 ? { [entry.note.label]: shape(entry.inner) } : entry.note.label));

it('hangs notes under their parents, whichever comes first', () => {
  expect(shape(notesOf([note('call', 'round'), note('round', null), note('think', 'round'), note('deep', 'call')]))).toEqual([{ round: [{ call: ['deep'] }, 'think'] }]);
});

it('takes notes with one id for one, and shows lost ones and rings at the top', () => {
  expect(shape(notesOf([note('a', null, 'old'), note('a', null, 'new')]))).toEqual(['new']);
  expect(shape(notesOf([note('a', 'gone')]))).toEqual(['a']);
  expect(shape(notesOf([note('a', 'b'), note('b', 'a'), note('c', 'a')])), 'what hangs below a ring stays there').toEqual([{ a: ['c'] }, 'b']);
  expect(shape(notesOf([note('a', 'a')]))).toEqual(['a']);
});
