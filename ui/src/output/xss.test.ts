/** The collection of attacks, each drawn as a text of a server is: nothing of it may run, load, submit, cover or restyle. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { BlockStream } from './blocks';
import { plainHtml } from './clipboard';
import { draw, type Decoration } from './decorate';
import { highlightLoaded } from './highlight';
import { renderTokens, sanitize, tokensOf } from './markdown';
import { placePictures, type Pictures } from './pictures';
import { mathsLoaded } from './set-maths';

// Each vector costs jsdom a document or two.
vi.setConfig({ testTimeout: 60_000 });

interface Vector {
  family: string;
  text: string;
}

const vectors = readFileSync(join(import.meta.dirname, '../../../tests/xss/vectors.jsonl'), 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line) as Vector)
  .map(({ family, text }) => ({ family, text: text.replaceAll('CANARY', 'window.__ran=1').replaceAll('HOST', 'attack.example') }));
const families = [...new Set(vectors.map(({ family }) => family))];

const how: Decoration = {
  words: { copy: 'Copy', copied: 'Copied', code: 'Code', table: 'Table', show: (host) => `Show ${host}`, loading: '…', failed: 'failed', missing: (alt) => alt },
  copy: async () => true,
  resolve: undefined,
  locale: 'en',
};

const pictures: Pictures = { local: () => null, fetch: async () => Promise.reject(new Error('nobody clicked')) };

/** What must not be found in an element, as words; empty when all is well. */
function trouble(root: Element, ours: boolean): string[] {
  const found: string[] = [];
  for (const element of root.querySelectorAll('*')) {
    const inFormula = ours && element.closest('.katex') !== null;
    const inIcon = ours && element.closest('svg.i') !== null;
    const mayBe = /^(a|abbr|b|blockquote|br|caption|code|dd|del|details|div|dl|dt|em|h[1-6]|hr|i|img|ins|kbd|li|mark|ol|p|pre|q|s|samp|small|span|strong|sub|summary|sup|table|tbody|td|tfoot|th|thead|tr|u|ul)$/;
    const isOurs = inIcon || inFormula || (ours && /^(button|header)$/.test(element.localName));
    if (!mayBe.test(element.localName) && !isOurs) found.push(`<${element.localName}>`);
    if (inFormula && /^(a|img|script|iframe|object|embed|form|input|style|link|meta)$/.test(element.localName)) found.push(`<${element.localName}> in a formula`);
    for (const { name, value } of element.attributes) {
      // DOMPurify empties it, because the web view would write a missing one down again.
      if (name === 'is' && value === '') continue;
      if (/^on/i.test(name)) found.push(`${name}=${value}`);
      if (name === 'href' && !/^(https?:\/\/[^/]|mailto:)/.test(value)) found.push(`href=${value}`);
      if (name === 'src' && !/^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*$/.test(value)) found.push(`src=${value}`);
      if (/^(srcset|srcdoc|action|formaction|ping|poster|background|xlink:href|data|cite|target|id|name|for|usemap|is|slot|popover|popovertarget|autofocus|contenteditable|accesskey)$/.test(name)) found.push(`${name}=${value}`);
      if (name === 'style' && (!inFormula || /url\(|expression|position:\s*fixed|image-set|@import/i.test(value))) found.push(`style=${value}`);
      if (!ours && !/^(href|src|alt|title|lang|align|start|colspan|rowspan|open|data-src|data-path)$/.test(name)) found.push(`${name}=${value}`);
      if (ours && /^(data-(?!source$|testid$|display$|maths$)|aria-(?!label$|hidden$|disabled$))/.test(name)) found.push(`${name}=${value}`);
    }
  }
  return found;
}

beforeAll(async () => {
  await highlightLoaded();
  await mathsLoaded();
});

it('is a collection worth its name', () => {
  expect(vectors.length).toBeGreaterThan(500);
  expect(families.length).toBeGreaterThan(10);
});

describe.each(families)('attacks of the kind %s', (family) => {
  const texts = vectors.filter((vector) => vector.family === family).map(({ text }) => text);
  const box = (html: string) => {
    const element = document.createElement('div');
    element.innerHTML = html;
    return element;
  };

  it('are harmless once they are sanitised', () => {
    for (const text of texts) {
      expect(trouble(box(renderTokens(tokensOf(text))), false), text).toEqual([]);
      expect(trouble(box(sanitize(text)), false), text).toEqual([]);
    }
  });

  it('stay so when what was sanitised is read once more', () => {
    for (const text of texts) {
      const once = sanitize(text);
      // A second reading of the same words must find the same elements: else the first was not to be trusted.
      const read = box(once);
      expect(box(read.innerHTML).innerHTML, text).toBe(read.innerHTML);
      expect(trouble(box(read.innerHTML), false), text).toEqual([]);
    }
  });

  it('are harmless in the page, with colours, formulas and pictures', () => {
    for (const text of texts) {
      const element = document.createElement('div');
      document.body.append(element);
      for (const caret of [true, false]) {
        draw(element, renderTokens(tokensOf(text)), how, caret);
        placePictures(element, () => pictures, () => how.words);
        expect(trouble(element, true), text).toEqual([]);
      }
      expect(trouble(box(plainHtml(element)).firstElementChild ?? box(''), false).filter((found) => !/^(border|style=border-collapse)/.test(found)), text).toEqual([]);
      element.remove();
    }
  });

  it('are harmless while they come, cut anywhere', () => {
    for (const text of texts.filter(({ length }) => length < 120)) {
      const stream = new BlockStream();
      for (let at = 1; at < text.length; at += 7) {
        for (const block of stream.update(text.slice(0, at), false)) if (block.html !== undefined) expect(trouble(box(block.html), false), text.slice(0, at)).toEqual([]);
      }
    }
  });

  it('ran nothing', () => {
    expect(Object.keys(window)).not.toContain('__ran');
  });
});
