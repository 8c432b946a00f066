import { afterEach, expect, it } from 'vitest';
import { keepLoaded } from './reload';

let stop: (() => void) | undefined;
afterEach(() => {
  stop?.();
  document.getSelection()?.removeAllRanges();
  document.body.replaceChildren();
});

/** Whether the web view would do what it does by itself. */
const goesOn = (on: Element, event: Event) => on.dispatchEvent(event);
const menu = (at = 0) => new MouseEvent('contextmenu', { bubbles: true, cancelable: true, clientX: at, clientY: 5 });

it('leaves the web view its menu only where something can be copied or pasted', () => {
  stop = keepLoaded(document);
  document.body.innerHTML = '<p>Some words</p><input>';
  const [words, field] = [document.querySelector('p'), document.querySelector('input')];
  if (!words || !field) throw new Error('not there');
  expect(goesOn(words, menu()), 'it would offer to load the page anew').toBe(false);
  expect(goesOn(field, menu()), 'Paste is there').toBe(true);
  document.getSelection()?.selectAllChildren(words);
  Range.prototype.getClientRects = () => [{ left: 0, right: 50, top: 0, bottom: 10 }] as unknown as DOMRectList;
  expect(goesOn(words, menu(20)), 'Copy is there').toBe(true);
  expect(goesOn(words, menu(200)), 'beside what is selected').toBe(false);
});

it('takes the keys that load the page anew, and no others', () => {
  stop = keepLoaded(document);
  const key = (init: KeyboardEventInit) => goesOn(document.body, new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init }));
  expect([key({ key: 'F5' }), key({ key: 'r', ctrlKey: true }), key({ key: 'R', metaKey: true }), key({ key: 'к', code: 'KeyR', ctrlKey: true })]).toEqual([false, false, false, false]);
  expect([key({ key: 'r' }), key({ key: 'c', ctrlKey: true })]).toEqual([true, true]);
});
