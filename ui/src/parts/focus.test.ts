import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { leadsOn } from './focus';

let place: HTMLElement;
let button: HTMLElement;
let other: HTMLElement;

beforeEach(() => {
  vi.useFakeTimers();
  document.body.innerHTML = '<span id="place" tabindex="-1"></span><div id="box"><button id="button"></button></div><button id="other"></button>';
  [place, button, other] = ['place', 'button', 'other'].map((id) => document.getElementById(id) as HTMLElement) as [HTMLElement, HTMLElement, HTMLElement];
});
afterEach(() => vi.useRealTimers());

function goes(during: () => void): Element | null {
  const box = document.getElementById('box') as HTMLElement;
  const end = leadsOn(() => place)(box);
  during();
  box.remove();
  end();
  vi.runAllTimers();
  return document.activeElement;
}

it('leads on whoever was at what went', () => {
  expect(goes(() => button.focus())).toBe(place);
});

it('leaves everybody else where they are', () => {
  expect(goes(() => undefined), 'nobody was there').toBe(document.body);
});

it('does not call back who had left', () => {
  expect(goes(() => {
    button.focus();
    other.focus();
  })).toBe(other);
});
