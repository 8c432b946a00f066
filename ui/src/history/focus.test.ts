/** What was at hand goes: whoever is there by keyboard is led on. */
import { tick } from 'svelte';
import { expect, it } from 'vitest';
import { all, desk, one, press, room, rows, seen, show, test, withWindow } from './page-made';

withWindow();

const at = () => document.activeElement;
const isInList = () => at() === one('.hist-list');

it.each(['Undo', 'Dismiss'])('“%s” of a message leads to the list', async (label) => {
  await show();
  one('.hist-list').focus();
  await press('Delete');
  await seen(() => all(test('toast')).length).toBe(1);
  const button = all(`${test('toast')} button`).find((one) => (one.textContent.trim() || one.getAttribute('aria-label')) === label);
  button?.focus();
  button?.click();
  await seen(() => all(test('toast')).length).toBe(0);
  await seen(isInList, 'and not to the whole page').toBe(true);
});

it('a message leads to the page where there is no list, and nobody away who is elsewhere', async () => {
  await show();
  one('.hist-list').focus();
  await press('Delete');
  await seen(() => all(test('toast')).length).toBe(1);
  one(test('history-search')).focus();
  one(`${test('toast')} button`).click();
  await seen(() => rows().length).toBe(12);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(at()).toBe(one(test('history-search')));
  desk.page = { kind: 'settings' };
  desk.toasts.say('Saved.');
  await seen(() => at()?.id).toBe('main');
  const dismiss = all(`${test('toast')} button`).at(-1);
  dismiss?.focus();
  dismiss?.click();
  await tick();
  expect(all(test('toast'))).toEqual([]);
  await seen(() => at()?.id).toBe('main');
});

it.each([false, true])('deleting what is picked leads to the list, beside it or below (%s)', async (narrow) => {
  room.narrow = narrow;
  await show();
  one('.hist-list').focus();
  await press(' ', ['ArrowDown', { shiftKey: true }], ['ArrowDown', { shiftKey: true }]);
  if (narrow) {
    one(test('picked-acts')).focus();
    one(test('picked-acts')).click();
    await tick();
  }
  one(`${test('picked')} ${test('act-delete')}`).focus();
  one(`${test('picked')} ${test('act-delete')}`).click();
  await tick();
  expect(at()?.textContent).toBe('Keep them');
  one(test('delete-them')).focus();
  one(test('delete-them')).click();
  await seen(() => rows().length).toBe(9);
  await seen(isInList).toBe(true);
});

it('deleting one that alone is picked leads to the list', async () => {
  await show();
  one('.hist-list').focus();
  await press(' ');
  one(`${test('picked')} ${test('act-delete')}`).focus();
  one(`${test('picked')} ${test('act-delete')}`).click();
  await seen(() => rows().length).toBe(11);
  await seen(isInList).toBe(true);
});

it('deleting all that there are leads to the search', async () => {
  await show();
  one('.hist-list').focus();
  await press(['a', { ctrlKey: true }]);
  await seen(() => desk.finder(null).picks.picked.size).toBe(12);
  await press('Delete');
  one(test('delete-them')).focus();
  one(test('delete-them')).click();
  await seen(() => all(test('history-empty')).length).toBe(1);
  await seen(at).toBe(one(test('history-search')));
});

it.each(['Enter', 'Escape'])('a name that is written on the page of its run leads to the run’s menu with %s', async (key) => {
  await show();
  one('.hist-list').focus();
  await press('Enter');
  await seen(() => all(test('stored-more')).length).toBe(1);
  await seen(() => at()?.id, 'the page has it first').toBe('main');
  await press('F2');
  await seen(() => at()).toBe(one(test('rename-field')));
  await press(key);
  await seen(() => all(test('rename-field')).length).toBe(0);
  await seen(at).toBe(one(test('stored-more')));
});
