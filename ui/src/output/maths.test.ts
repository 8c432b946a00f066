import { describe, expect, it } from 'vitest';
import { BlockStream } from './blocks';
import { renderTokens, tokensOf } from './markdown';
import { texOf } from './maths';

const render = (text: string) => renderTokens(tokensOf(text));
/** The formulas that are found in a text, as they stand there. */
function found(text: string): string[] {
  const box = document.createElement('div');
  box.innerHTML = render(text);
  return [...box.querySelectorAll('code[lang^="x-tex"]')].map((code) => code.textContent ?? '');
}

describe('formulas in a text', () => {
  it.each([
    ['The area is $\\pi r^2$.', ['$\\pi r^2$']],
    ['Both $a$ and $b$, or ($c$).', ['$a$', '$b$', '$c$']],
    ['$2x + 3 = 7$ holds.', ['$2x + 3 = 7$']],
    ['$5 \\text{ m of it}$', ['$5 \\text{ m of it}$']],
    ['设$x_1$为整数，$y$也是。', ['$x_1$', '$y$']],
    ['Inline \\(a_1 * b_1 * c\\) stays one.', ['\\(a_1 * b_1 * c\\)']],
    ['Shown: $$E = mc^2$$ here.', ['$$E = mc^2$$']],
    ['$$\na\n- b\n= c\n$$', ['$$\na\n- b\n= c\n$$']],
    ['\\[\n\\frac{a}{b}\n\\]', ['\\[\n\\frac{a}{b}\n\\]']],
    ['Costs \\$5 and $x$', ['$x$']],
    ['| a | b |\n|---|---|\n| $x$ | 1 |', ['$x$']],
    ['- $x^2$\n- $y^2$', ['$x^2$', '$y^2$']],
    ['a\\\\b \\(x \\le y\\)', ['\\(x \\le y\\)']],
  ])('are found: %s', (text, formulas) => {
    expect(found(text)).toEqual(formulas);
  });

  it.each([
    'It costs $5 and $10.',
    'From $5-$10, or $5/$6.',
    'US$5 and A$10',
    '$5, or 5$ more',
    'between $1,000 and 2,000$ a year',
    'echo $HOME/bin:$PATH',
    'the `$x$` in code',
    '```\n$x$\n```',
    'a $ b $ c',
    '$$',
    '$ 5 $',
    '$5 今天$',
    'only one $x',
    'C:\\(x86',
    '\\[ and nothing more',
  ])('are not seen where there are none: %s', (text) => {
    expect(found(text)).toEqual([]);
  });

  it('keep amounts as they are written', () => {
    expect(render('It costs $5 and $10.')).toContain('It costs $5 and $10.');
  });

  it('are the same however the text was cut into pieces', () => {
    const text = 'One $x$.\n\n$$\na\n- b\n=\nc\n$$\n\nTwo.\n\n$$ never closed\n- b\n\nThree \\(y\\).\n\n\\[\nx\n\\]\n';
    const whole = new BlockStream().update(text, true).map((block) => block.html);
    for (const size of [1, 3, 7]) {
      const stream = new BlockStream();
      for (let at = size; at < text.length + size; at += size) stream.update(text.slice(0, at), false);
      expect(stream.update(text, false).map((block) => block.html), `pieces of ${size}`).toEqual(whole);
    }
    expect(whole.join('')).toContain('$$\na\n- b\n=\nc\n$$');
  });

  it('do not take long to be looked for', () => {
    const begun = performance.now();
    for (const text of ['$'.repeat(20_000), '$a '.repeat(7000), '\\('.repeat(10_000), '\\['.repeat(10_000), `$${'\\'.repeat(20_000)}`, `$$${'\n'.repeat(20_000)}`, `$1 ${'a '.repeat(9000)}$`]) render(text);
    expect(performance.now() - begun).toBeLessThan(4000);
  });

  it('are taken out of their marks', () => {
    expect(['$x$', '$$ x $$', '\\(x\\)', '\\[\nx\n\\]'].map(texOf)).toEqual(['x', 'x', 'x', 'x']);
  });
});
