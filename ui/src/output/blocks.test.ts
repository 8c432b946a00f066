import { describe, expect, it } from 'vitest';
import { BlockStream, splitThinking, withoutThinking } from './blocks';

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
      const now = stream.update(text.slice(0, at), false).map((block) => block.html);
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

describe('the thinking of a model', () => {
  it('is set apart from the text', () => {
    expect(splitThinking('<think>hm</think>\nText')).toEqual([
      { text: 'hm', thinking: true, open: false },
      { text: '\nText', thinking: false, open: false },
    ]);
  });

  it('is open until it ends', () => {
    expect(splitThinking('<think>hm')).toEqual([{ text: 'hm', thinking: true, open: true }]);
  });

  it('is not seen where a text only talks about the tag', () => {
    expect(splitThinking('Use `<think>` for that.')).toHaveLength(1);
  });

  it('does not go on the clipboard', () => {
    expect(withoutThinking('<think>hm</think>\n\nText')).toBe('Text');
  });

  it('is left out when it is empty', () => {
    expect(new BlockStream().update('<think>\n\n</think>\n\nText', true)).toHaveLength(1);
  });
});
