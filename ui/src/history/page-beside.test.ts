/** What stands beside the list, in a page. */
import { tick } from 'svelte';
import { describe, expect, it, vi } from 'vitest';
import { all, desk, one, press, room, seen, show, test, type, withWindow } from './page-made';

withWindow();

describe('beside the list', () => {
  it('takes every letter of a note, also while the list is read anew', async () => {
    const backend = await show();
    one('.hist-list').focus();
    await seen(() => (one(test('note-field')) as HTMLTextAreaElement).readOnly, 'it can be written').toBe(false);
    const field = one(test('note-field')) as HTMLTextAreaElement;
    await type(test('note-field'), 'Ask');
    const release = vi.spyOn(desk.remarks, 'release');
    const before = desk.finder(null).rows;
    backend.emit({ type: 'history_changed' });
    await seen(() => desk.finder(null).rows !== before, 'the list is read anew').toBe(true);
    await tick();
    expect([release.mock.calls.length, field.readOnly, field.value]).toEqual([0, false, 'Ask']);
  });

  it('stands the run at hand, with a note that is kept', async () => {
    const backend = await show();
    one('.hist-list').focus();
    await press('ArrowDown');
    await seen(() => one(test('preview')).textContent).toContain('Supplier framework');
    await press(['n', { altKey: true }]);
    expect(document.activeElement, 'Alt N leads to its note').toBe(one(test('note-field')));
    await type(test('note-field'), 'Ask Legal');
    await press('Escape');
    expect(document.activeElement).toBe(one('.hist-list'));
    const id = desk.finder(null).picks.current ?? '';
    await seen(async () => (await backend.runRemarks(id)).note).toBe('Ask Legal');
  });

  it('is read once, and again only when something is new', async () => {
    const backend = await show();
    one('.hist-list').focus();
    await press('ArrowDown');
    await seen(() => one(test('preview')).textContent).toContain('Supplier framework');
    const asked = () => backend.calls.filter(([name]) => ['runOpen', 'runHits', 'runRemarks', 'historyFind', 'historyCounts', 'tags'].includes(name)).length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    const before = asked();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(asked() - before, 'nobody asks for anything while nothing happens').toBe(0);
  });

  it('says with one name and a state whether a run is starred, and whether it is reviewed', async () => {
    await show();
    one('.hist-list').focus();
    await seen(() => all(test('star')).length).toBe(1);
    const said = () => ['star', 'reviewed'].map((id) => `${one(test(id)).textContent?.trim()}: ${one(test(id)).ariaPressed ?? one(test(id)).getAttribute('aria-pressed')}`);
    expect(said()).toEqual(['Star: false', 'Mark as reviewed: false']);
    one(test('star')).click();
    one(test('reviewed')).click();
    await seen(said).toEqual(['Star: true', 'Mark as reviewed: true']);
    await press('Enter');
    await seen(() => all(test('star-this')).length).toBe(1);
    await seen(() => [one(test('star-this')).getAttribute('aria-label'), one(test('star-this')).getAttribute('aria-pressed')]).toEqual(['Star', 'true']);
  });

  it('tags are added, proposed and removed', async () => {
    await show();
    one('.hist-list').focus();
    await press(['ArrowDown', { shiftKey: true }], ['t', { altKey: true }]);
    await type(`dialog ${test('tag-input')}`, 'lease');
    await press('Enter');
    await seen(() => all('.tags-of').length).toBe(2);
    one(test('tags-done')).click();
    await tick();
    await seen(() => document.activeElement).toBe(one('.hist-list'));
  });

  it('is no room in a narrow window: a click opens, and the note has a dialog', async () => {
    room.narrow = true;
    await show();
    expect(all(test('preview'))).toHaveLength(0);
    one('.hist-list').focus();
    await press(['n', { altKey: true }]);
    expect(one('dialog').textContent).toContain('Note on');
    const escape = new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true });
    one(test('note-field')).dispatchEvent(escape);
    expect(escape.defaultPrevented, 'Esc is left to the dialog, which closes').toBe(false);
    one(test('note-done')).click();
    await tick();
    one(test('history-row')).click();
    await tick();
    expect(desk.page).toMatchObject({ kind: 'app', tab: 'history' });
  });
});
