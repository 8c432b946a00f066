/** Tags: as many as a run may have, and what is said where there is no room for more. */
import { expect, it } from 'vitest';
import { words } from '../text/words.svelte';
import { all, desk, one, press, seen, show, test, type, withWindow } from './page-made';

withWindow();

const many = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => `t${String(from + at).padStart(2, '0')}`);
const change = (addTags: string[]) => ({ name: null, note: null, starred: null, reviewed: null, addTags, removeTags: [] });
const tags = () => all(`dialog ${test('tag')}`).length;
const input = () => one(`dialog ${test('tag-input')}`) as HTMLInputElement;
const said = () => all('dialog [data-testid="tags-full"]').map((note) => note.textContent).join('');

/** The first runs of the list have so many tags, and those that are picked are asked for theirs. */
async function dialogFor(...counts: number[]) {
  const backend = await show();
  const ids = desk.finder(null).rows.map((row) => row.head.id);
  for (const [at, count] of counts.entries()) if (count > 0) await backend.runsRemark([ids[at] ?? ''], change(many(0, count)));
  await seen(() => desk.finder(null).rows.slice(0, counts.length).map((row) => row.tags.length)).toEqual(counts);
  one('.hist-list').focus();
  if (counts.length > 1) {
    await press('Home', ' ');
    for (let more = 1; more < counts.length; more++) await press(['ArrowDown', { shiftKey: true }]);
  }
  await press(['t', { altKey: true }]);
  return { backend, ids };
}

it('the twentieth is the last: the field says so, takes no more, and takes one again when one is removed', async () => {
  const { backend, ids } = await dialogFor(19);
  expect([said(), input().readOnly]).toEqual(['', false]);
  await type(`dialog ${test('tag-input')}`, 'last');
  await press('Enter');
  await seen(tags).toBe(20);
  expect(said()).toBe('20 tags are the most a run can have. Remove one to add another.');
  expect([input().readOnly, input().getAttribute('aria-describedby')], 'it is said to whoever is at the field').toEqual([true, one('dialog [data-testid="tags-full"]').id]);
  expect(one('dialog [data-testid="tags-full"]').closest('[role="status"]'), 'and when it comes').not.toBeNull();
  expect(all('dialog [role="option"]').every((option) => option.closest('[hidden]')), 'nothing is offered').toBe(true);
  await type(`dialog ${test('tag-input')}`, 'one more');
  await press('Enter');
  expect(tags(), 'none is drawn that is not kept').toBe(20);
  words.language = 'zh';
  await seen(said).toBe('一次运行最多 20 个标签。移除一个后才能再添加。');
  words.language = 'en';
  (one(`dialog ${test('tag')} button`)).click();
  await seen(tags).toBe(19);
  expect([said(), input().readOnly]).toEqual(['', false]);
  expect((await backend.runRemarks(ids[0] ?? '')).tags).toHaveLength(19);
});

it('of several runs those that are full are counted, and the others get it', async () => {
  const { backend, ids } = await dialogFor(20, 20, 3);
  expect(said()).toBe('2 runs have 20 tags already, which is the most, and get no more.');
  expect(input().readOnly).toBe(false);
  await type(`dialog ${test('tag-input')}`, 'new');
  await press('Enter');
  await seen(async () => (await backend.runRemarks(ids[2] ?? '')).tags.length).toBe(4);
  expect(desk.finder(null).rows.slice(0, 3).map((row) => row.tags.length), 'nothing is drawn that is not kept').toEqual([20, 20, 4]);
});

it('of several runs that all are full none gets any', async () => {
  await dialogFor(20, 20);
  expect([said(), input().readOnly, input().placeholder]).toEqual(['20 tags are the most a run can have. Remove one to add another.', true, '']);
});
