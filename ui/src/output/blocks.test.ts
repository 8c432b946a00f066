import { describe, expect, it } from 'vitest';
import { GrowingText } from '../state/growing';
import { BlockStream, type Block } from './blocks';

const text = ['# A title', '', 'A first paragraph', 'of two lines.', '', '- one', '- two', '', '  still two', '', '```js', 'const a = 1;', '', 'more();', '```', '', '| a | b |', '|---|---|', '| 1 | 2 |', '', 'The end.'].join('\n');

describe('growing Markdown', () => {
  it('ends up as the same blocks however it was cut into pieces', () => {
    const whole = new BlockStream().update(text, true);
    for (const size of [1, 3, 7, 50]) {
      const stream = new BlockStream();
      for (let at = size; at < text.length + size; at += size) stream.update(text.slice(0, at), false);
      expect(stream.update(text, false), `pieces of ${size}`).toEqual(whole);
    }
  });

  it('never draws a finished block differently again', () => {
    const stream = new BlockStream();
    let before: string[] = [];
    for (let at = 1; at <= text.length; at++) {
      const now = stream.update(text.slice(0, at), false).map((block) => block.html ?? '');
      // All but the last two: a list may still swallow what follows it.
      expect(now.slice(0, Math.max(0, before.length - 2))).toEqual(before.slice(0, Math.max(0, before.length - 2)));
      before = now;
    }
  });

  it('costs in proportion to its length', () => {
    const paragraph = 'Some words of a paragraph that is not long at all, really.\n\n';
    const parsed = (paragraphs: number) => {
      const stream = new BlockStream();
      const all = paragraph.repeat(paragraphs);
      for (let at = 20; at <= all.length; at += 20) stream.update(all.slice(0, at), false);
      return stream.parsed;
    };
    expect(parsed(200) / parsed(100)).toBeLessThan(2.2);
  });

  it('cuts a block without an end so that code stays code and a table a table', () => {
    const stream = new BlockStream();
    const code = stream.update(GrowingText.of({ source: '', text: '```js\n' + 'const a = 1;\n\n'.repeat(3000) }), false);
    expect(code.length).toBeGreaterThan(1);
    for (const block of code) expect(block.html).toMatch(/^<pre lang="js">/);
    expect(code.map((block) => block.html?.match(/const/g)?.length ?? 0).reduce((a, b) => a + b)).toBe(3000);
    const table = new BlockStream().update(GrowingText.of({ source: '', text: '| a | b |\n|---|---|\n' + '| 1 | 2 |\n'.repeat(3500) }), false);
    expect(table.length).toBeGreaterThan(1);
    for (const block of table) expect(block.html).toMatch(/^<table>/);
    expect(table.map((block) => block.html?.match(/<td>1/g)?.length ?? 0).reduce((a, b) => a + b)).toBe(3500);
  });

  it('reads what grows in pieces as it reads a text', () => {
    const stream = new BlockStream();
    let grown = GrowingText.of({ source: '', text: '' });
    for (const character of text) stream.update((grown = grown.grown(character)), false);
    expect(stream.update(grown, true)).toEqual(new BlockStream().update(text, true));
  });

  it('keeps what it drew when the finished text takes the place of the streamed one', () => {
    const stream = new BlockStream();
    const before = stream.update(GrowingText.of({ source: '', text }), false);
    const after = stream.update(text, true);
    expect(after).toHaveLength(before.length);
    after.forEach((block, index) => expect(block).toBe(before[index]));
  });

  it('keeps finished blocks the very same, so that the page does not draw them again', () => {
    const stream = new BlockStream();
    const [first] = stream.update('One.\n\nTwo.', false);
    expect(stream.update('One.\n\nTwo. And more.', false)[0]).toBe(first);
    expect(stream.update('One.\n\nTwo. And more.', true)[0]).toBe(first);
  });

  it('starts anew when the text was replaced', () => {
    const stream = new BlockStream();
    stream.update('One.\n\nTwo.\n\nThree.', false);
    const blocks = stream.update('Something else.', false);
    expect(blocks).toHaveLength(1);
    expect(blocks[0]?.html).toContain('Something else.');
  });

  it('resolves link definitions at the end once it is finished', () => {
    const blocks = new BlockStream().update('See [the plan][p].\n\n[p]: https://ok.example/plan', true);
    expect(blocks[0]?.html).toContain('href="https://ok.example/plan"');
  });

  it('reads Windows line ends like others', () => {
    expect(new BlockStream().update('One.\r\n\r\nTwo.', false)).toHaveLength(2);
  });
});

describe('thinking in a document', () => {
  const growing = (whole: string) => GrowingText.of({ source: '', text: whole });

  it('is a block of its own, and is not read as Markdown before somebody opens it', () => {
    const stream = new BlockStream();
    const [thought, answer] = stream.update('<think>\n# hm\n</think>\n\nText', true);
    expect(thought?.thought?.text.text.trim()).toBe('# hm');
    expect(thought?.html).toBeUndefined();
    expect(answer?.html).toContain('Text');
  });

  it('tells how long it took where that was seen', () => {
    let now = 1000;
    const stream = new BlockStream(true, () => now);
    let grown = growing('<think>');
    stream.update(grown, false);
    now = 13_000;
    stream.update((grown = grown.grown('hm</think>\nText')), false);
    expect(stream.update(grown, true)[0]?.thought).toMatchObject({ open: false, took: 12_000 });
  });

  it('does not make up how long it took', () => {
    expect(new BlockStream().update('<think>hm</think>Text', true)[0]?.thought?.took).toBeNull();
  });

  it('is over when the text is, though nobody closed it', () => {
    const stream = new BlockStream();
    expect(stream.update('<think>hm', false)[0]?.thought?.open).toBe(true);
    expect(stream.update('<think>hm', true)[0]?.thought?.open).toBe(false);
  });

  it('is left out when it is empty', () => {
    expect(new BlockStream().update('<think>\n\n</think>\n\nText', true)).toHaveLength(1);
  });

  it('stays the very same block while the text behind it grows', () => {
    const stream = new BlockStream();
    const [thought] = stream.update('<think>hm</think>\nText', false);
    expect(stream.update('<think>hm</think>\nText and more', false)[0]).toBe(thought);
  });

  it('is found out where the server left out the opening tag', () => {
    const stream = new BlockStream();
    const grown = growing('So much to do.\n\nLet me see.\n');
    expect(stream.update(grown, false)).toHaveLength(2);
    const blocks = stream.update(grown.grown('</think>\n\nText'), false);
    expect(blocks).toHaveLength(2);
    expect(blocks[0]?.thought?.text.text).toContain('So much to do.');
    expect(blocks[1]?.html).toContain('Text');
  });
});

it('reads a text that comes faster than it can be drawn a little at a time, and all of it', () => {
  const paragraphs = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `Paragraph ${from + index} has **some** words.\n\n`).join('');
  const first = GrowingText.of({ source: 'a', text: paragraphs(0, 10) });
  const much = first.grown(paragraphs(10, 20_000));
  const stream = new BlockStream();
  stream.update(first, false);
  const steps: number[] = [];
  for (let at = 0, to = stream.upTo(much); at < to; at = to, to = stream.upTo(much)) {
    stream.update(much, to === much.length, to);
    steps.push(to - at);
  }
  expect(Math.max(...steps), 'no step takes most of it').toBeLessThan(much.length / 7);
  expect(steps.length, 'and no small one is a step of its own').toBeLessThan(60);
  const html = (blocks: Block[]) => blocks.map((block) => block.html).join('');
  expect(html(stream.update(much, true)), 'it is what it would be at once').toBe(html(new BlockStream().update(much.text, true)));
});

it('leaves out what comes faster than anybody can read, but for code that goes on and for thinking', () => {
  const skipped = (middle: string, end: string) => {
    const begin = GrowingText.of({ source: 'a', text: 'The beginning.\n\n' });
    const stream = new BlockStream();
    stream.update(begin, false);
    const much = begin.grown(middle + 'So it goes on.\n\n'.repeat(10_000) + end + 'x\n\n'.repeat(6000));
    stream.skip(much);
    const blocks = stream.update(much, false);
    return { html: blocks.map((block) => block.html).join(''), dropped: stream.dropped, all: much.length };
  };
  const plain = skipped('', 'Nearly the end.\n\n');
  expect(plain.html).not.toContain('The beginning');
  expect(plain.dropped, 'what is not drawn is counted').toBeGreaterThan(plain.all - 20_000);
  expect(skipped('```python\nfor x in y:\n\n', '').html, 'code that began before is code').toMatch(/^<pre lang="python">/);
  expect(skipped('```\ncode\n```\n\n', '').html, 'and text after it is text').toMatch(/^<p>/);
  expect(skipped('<think>hm</think>', '').dropped, 'a thought is read').toBe(0);
});
