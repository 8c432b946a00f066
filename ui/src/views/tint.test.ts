import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contrast, inkOn, tintOf, tintStyle } from './tint';

const sheet = readFileSync(join(import.meta.dirname, '../styles/tokens.css'), 'utf8');
/** The tokens of a theme as the style sheet has them; the dark ones lie over the light ones. */
function token(name: string, theme: 'light' | 'dark'): string {
  const dark = sheet.slice(sheet.indexOf(':root[data-theme="dark"]'));
  const find = (text: string) => new RegExp(`--${name}:\\s*(#[0-9a-f]{6})`, 'i').exec(text)?.[1];
  return (theme === 'dark' ? find(dark) : undefined) ?? find(sheet) ?? '';
}

/** The whole cube of colours, every hue and lightness in it. */
function* colours(): Generator<string> {
  const steps = [0, 21, 42, 64, 85, 106, 128, 149, 170, 191, 213, 234, 255];
  const two = (part: number) => part.toString(16).padStart(2, '0');
  for (const red of steps) for (const green of steps) for (const blue of steps) yield `#${two(red)}${two(green)}${two(blue)}`;
  // Full colours, where a hue is strongest.
  for (let hue = 0; hue < 360; hue++) {
    const part = (turn: number) => Math.round(255 * Math.min(1, Math.max(0, Math.abs(((hue / 60 + turn) % 6) - 3) - 1)));
    yield `#${two(part(0))}${two(part(4))}${two(part(2))}`;
  }
}

describe('text on the header', () => {
  it.each(['light', 'dark'] as const)('is readable in the %s theme, whatever colour the server sends', (theme) => {
    const inks: [string, number][] = [['text', 7], ['text-2', 5], ['text-3', 4.5], ['accent-text', 4.5], ['danger', 4.5], ['accent', 3]];
    let most = 0;
    for (const colour of colours()) {
      const ground = tintOf(colour, theme)?.ground ?? '';
      for (const [ink, least] of inks) {
        const value = contrast(ground, token(ink, theme));
        if (value < least) expect.fail(`${ink} on ${ground}, from ${colour}: ${value.toFixed(2)} instead of ${least}`);
      }
      most++;
    }
    expect(most).toBeGreaterThan(2000);
  });

  it.each(['light', 'dark'] as const)('is readable on the plain surface of the %s theme, where there is no colour', (theme) => {
    expect(tintOf(null, theme)).toBeNull();
    for (const [ink, least] of [['text', 7], ['text-2', 5], ['text-3', 4.5], ['accent-text', 4.5]] as const) expect(contrast(token('surface', theme), token(ink, theme)), ink).toBeGreaterThanOrEqual(least);
  });

  it('stays in the hue of the app, and grey where that is grey', () => {
    const hue = (hex: string) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
    const [red = 0, green = 0, blue = 0] = hue(tintOf('#0000ff', 'dark')?.ground ?? '');
    expect(blue).toBeGreaterThan(Math.max(red, green));
    for (const grey of ['#000000', '#808080', '#ffffff']) {
      const [r, g, b] = hue(tintOf(grey, 'light')?.ground ?? '');
      expect([g, b], grey).toEqual([r, r]);
    }
  });
});

it('nothing but two pairs of plain colours reaches a style', () => {
  expect(tintStyle('#e4f1e9')).toMatch(/^(--tint-(light|dark)(-line)?: #[0-9a-f]{6}(; |$)){4}$/);
  for (const harm of ['red;background:url(https://x)', '#fff', 'oklch(from red l c h)', '']) expect(tintStyle(harm), harm).toBeUndefined();
});

it('an initial is readable on any colour', () => {
  for (const colour of colours()) expect(contrast(colour, inkOn(colour) === 'black' ? '#000000' : '#ffffff'), colour).toBeGreaterThanOrEqual(4.5);
});
