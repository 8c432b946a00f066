import { expect, it, vi } from 'vitest';
import { Toasts } from './toasts.svelte';

const texts = (toasts: Toasts) => toasts.list.map((toast) => toast.text);

it('shows no message twice, and of messages three at most', () => {
  const toasts = new Toasts();
  for (const text of ['one', 'two', 'one', 'three', 'four']) toasts.say(text);
  expect(texts(toasts)).toEqual(['one', 'three', 'four']);
});

it('lets no message take the place of one that offers to undo something', () => {
  const toasts = new Toasts();
  const undone = vi.fn();
  toasts.offer('Cleared', 'Undo', () => undone(1));
  toasts.offer('Cleared', 'Undo', () => undone(2));
  for (const text of ['one', 'two', 'three', 'four', 'Cleared']) toasts.say(text);
  expect(texts(toasts), 'other messages give way to each other alone').toEqual(['Cleared', 'Cleared', 'three', 'four', 'Cleared']);
  expect([toasts.undo(), toasts.undo(), toasts.undo()]).toEqual([true, true, false]);
  expect(undone.mock.calls, 'the latest first').toEqual([[2], [1]]);
});
