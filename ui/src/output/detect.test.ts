import { describe, expect, it } from 'vitest';
import { viewsOf } from './detect';

describe('a text is shown', () => {
  const cases: [string, string, string][] = [
    ['prose', 'Dear colleague,\n\nyour request has arrived. It will be dealt with soon.\n\nRegards', 'document'],
    ['Markdown', '# Review\n\n- **one** thing\n- another, and more; {braces}\n', 'document'],
    ['Markdown with code', 'Use this:\n\n```js\nlet a = 1;\n```\n', 'document'],
    ['a Markdown table', '| a | b |\n|---|---|\n| 1 | 2 |\n', 'document'],
    ['Chinese prose', '您好，申请已收到，将按顺序办理，请耐心等候。\n材料齐全，可以办理，请在三日内答复。\n谢谢，再见。', 'document'],
    ['CSV', 'name,amount,when\n"Li, Wei",12.5,2026-01-02\nAnna,3,2026-01-03\n', 'table'],
    ['a table of German Excel', 'Name;Betrag\nAnna;1,5\nBert;2,5\n', 'table'],
    ['a log', '2026-11-21 10:00:01 INFO started\n2026-11-21 10:00:02 WARN # slow\n2026-11-21 10:00:03 ERROR * failed\n', 'text'],
    ['a program', 'import os\n\ndef main():\n    # comment\n    return os.name\n\nclass A:\n    x = 1\n', 'text'],
    ['a web page', '<!doctype html>\n<html>\n<body>\n<p>Hello</p>\n</body>\n</html>', 'text'],
    ['columns of blanks', 'name      amount    when\nanna      12        today\nbert      7         now\n', 'text'],
    ['JSON', '{"a": [1, 2], "b": null}', 'tree'],
    ['what only begins like JSON', '[1] The first source, [2] the second.', 'document'],
    ['a verse with commas', 'Red, green and blue.\nOne, two and three.\nUp, down and away.', 'document'],
  ];
  it.each(cases)('%s', (_, text, view) => {
    expect(viewsOf(text)[0]).toBe(view);
  });

  it('otherwise, too, when it is asked for', () => {
    for (const [, text] of cases) expect(viewsOf(text)).toContain('text');
  });
});
