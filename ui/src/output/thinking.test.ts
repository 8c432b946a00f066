import { describe, expect, it } from 'vitest';
import { ThinkingSplitter, withoutThinking, type Said } from './thinking';

/** Text and thinking as they stand in the end, with the thinking in brackets. */
function read(text: string, size = Infinity): string {
  const splitter = new ThinkingSplitter();
  const all: Said[] = [];
  for (let at = 0; at < text.length; at += Math.min(size, text.length)) all.push(...splitter.push(text.slice(at, at + Math.min(size, text.length)), false));
  all.push(...splitter.push('', true));
  let shown = '';
  for (const said of all) {
    if (said.kind === 'begins') shown += '[';
    else if (said.kind === 'ends') shown += ']';
    else if (said.kind === 'wasThinking') shown = `[${shown}]`;
    else if ('text' in said) shown += said.text;
  }
  return shown;
}

const cases: [string, string, string][] = [
  ['is set apart from the text', '<think>hm</think>\nText', '[hm]\nText'],
  ['may be followed by the answer on its line', '<think>hm</think>Text', '[hm]Text'],
  ['may begin after blank lines', '\n\n  <think>\nhm\n</think>Text', '\n\n  [\nhm\n]Text'],
  ['has a longer name at times', '<thinking>hm</thinking>\nText', '[hm]\nText'],
  ['does not mind capitals', '<THINK>hm</Think>Text', '[hm]Text'],
  ['goes on until it ends', '<think>hm', '[hm'],
  ['comes several times', '<think>a</think>\none\n<think>b</think>\ntwo', '[a]\none\n[b]\ntwo'],
  ['may come twice in a row', '<think>a</think><think>b</think>Text', '[a][b]Text'],
  ['is not seen where a text only talks about the tag', 'Use `<think>` for that.', 'Use `<think>` for that.'],
  ['is not seen in a block of code', '```\n<think>\n</think>\n```\nText', '```\n<think>\n</think>\n```\nText'],
  ['may hold a block of code', '<think>\n```\ncode\n```\n</think>\nText', '[\n```\ncode\n```\n]\nText'],
  ['may hold the tag in a block of code', '<think>\n```\n<think>\n</think>\n```\nmore\n</think>Text', '[\n```\n<think>\n</think>\n```\nmore\n]Text'],
  ['ends although its block of code did not', '<think>\n```\ncode\n</think>\nText', '[\n```\ncode\n]\nText'],
  ['may talk about its end in a block of code', '<think>\n```\nx = "</think>"\n```\n</think>Text', '[\n```\nx = "</think>"\n```\n]Text'],
  ['is known by its end when the beginning was left out', 'hm\nhm\n</think>\n\nText', '[hm\nhm\n]\n\nText'],
  ['is not made of a closing tag in the middle of a line', 'Use </think> for that.', 'Use </think> for that.'],
  ['leaves other tags alone', '<thin>a</thin> <b', '<thin>a</thin> <b'],
];

describe('the thinking of a model', () => {
  it.each(cases)('%s', (_, text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it.each(cases)('%s, however it was cut into pieces', (_, text, expected) => {
    for (const size of [1, 2, 3, 7]) expect(read(text, size), `pieces of ${size}`).toBe(expected);
  });

  it('is never shown as the beginning of a tag', () => {
    const splitter = new ThinkingSplitter();
    expect(splitter.push('One <', false)).toEqual([{ kind: 'text', text: 'One ' }]);
    expect(splitter.push('b> two', false)).toEqual([{ kind: 'text', text: '<b> two' }]);
  });

  it('does not go on the clipboard', () => {
    expect(withoutThinking('<think>hm</think>\r\n\r\nText')).toBe('Text');
    expect(withoutThinking('hm\n</think>\nText')).toBe('Text');
  });
});
