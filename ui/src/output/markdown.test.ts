import { Marked } from 'marked';
import { describe, expect, it } from 'vitest';
import { formulas } from './maths';
import { renderTokens, sanitize, tokensOf } from './markdown';


const render = (text: string) => tokensOf(text).map((token) => renderTokens([token])).join('');

describe('text of servers as HTML', () => {
  it('keeps what documents are made of', () => {
    const html = render('# Title\n\n- [x] done\n- **bold**\n\n| a | b |\n|:-:|--:|\n| 1 | 2 |\n\n```json\n{"a": "<b>"}\n```\n\n[link](https://ok.example/?a=1&b=2)');
    expect(html).toContain('<h2>Title</h2>');
    expect(html).toContain('☑');
    expect(html).toContain('<strong>bold</strong>');
    expect(html).toContain('<th align="center">a</th>');
    expect(html).toContain('<pre lang="json">');
    expect(html).toContain('&lt;b&gt;');
    expect(html).toContain('href="https://ok.example/?a=1&amp;b=2"');
  });

  it('shows pictures that came with the text, and takes the address from those of the web', () => {
    expect(render('![p](data:image/png;base64,iVBORw0KGgo=)')).toContain('src="data:image/png;base64,iVBORw0KGgo="');
    const web = render('![plan](https://ok.example/plan.png)');
    expect(web).not.toMatch(/\ssrc=/);
    expect(web).toContain('data-src="https://ok.example/plan.png"');
    expect(web).toContain('alt="plan"');
  });

  it('leaves of links only what the system may open', () => {
    expect(render('[a](https://ok.example/a) [b](mailto:anna@ok.example) [c](javascript:alert(1)) [d](/files/1.pdf)').match(/href="[^"]*"/g)).toEqual(['href="https://ok.example/a"', 'href="mailto:anna@ok.example"']);
    expect(render('[d](/files/1.pdf?sign=a)')).toContain('data-path="/files/1.pdf?sign=a"');
  });

  it('lets an ordered list begin where it begins', () => {
    expect(sanitize('<ol start="3"><li>c</li></ol>')).toContain('start="3"');
  });
});

describe('long texts', () => {
  const mixed = (count: number) =>
    Array.from({ length: count }, (_, index) => `## Part ${index}\n\nSome **words**.\n\n- one\n\n- two\n\n\`\`\`\ncode\n\nmore ${index}\n\`\`\`\n\n| a | b |\n|---|---|\n| 1 | ${index} |`).join('\n\n');

  it('are read piece by piece as they would be at once', () => {
    const text = mixed(400);
    const html = (tokens: ReturnType<typeof tokensOf>) => tokens.filter((token) => token.type !== 'space').map((token) => token.raw.trim());
    expect(text.length).toBeGreaterThan(20_000);
    expect(html(tokensOf(text))).toEqual(html(new Marked({ gfm: true, breaks: true }).lexer(text)));
  });

  it('may consist of one block that is longer than a piece', () => {
    const text = '```\n' + 'a line of code\n\n'.repeat(3000) + '```\n\nThe end.';
    expect(tokensOf(text).filter((token) => token.type !== 'space').map((token) => token.type)).toEqual(['code', 'paragraph']);
  });
});

it.each(['Write to someone.else+x@example.org, or not', 'See https://example.org/a?b=c, www.example.org and FTP://x.example', 'Title\n=====\n\ntext', 'Two\nlines\n---\ntext', '> quoted\n> title\n> -----\n\nrest', '- item\n  ====\n- b\n', 'no heading\n\n---\n', 'a\n  \n===\n', 'www.a.example and a@b.example', 'x\n===', '报告www.example.org和a@b.cn'])(
  'finds in %j what the rules find that are not asked everywhere',
  (text) => {
    const plain = new Marked({ extensions: formulas, gfm: true, breaks: true });
    expect(JSON.stringify(tokensOf(text))).toBe(JSON.stringify(plain.lexer(text)));
  },
);

it('finds the same in whatever is written', () => {
  const plain = new Marked({ extensions: formulas, gfm: true, breaks: true });
  const bits = ['word', 'snake_case', ' ', '  ', '\n', '\n\n', '*', '**', '_', '`', '~', '~~', '[', ']', '(', ')', '!', '<', '>', '<b>', '\\', '@', 'a@b.de', 'www.', 'www.a.de', 'https://a.de/x', ':', '://', '.', '报告', '，', '&amp;', '&', '$', '$x$', '\t', '- ', '1. ', '# ', '=', '===', '---', '|', '"', '\u00a0', '😀', '  \n', ' \n', '\\\n', 'http', 'ftp://x'];
  let seed = 7;
  const next = (below: number) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % below;
  for (let round = 0; round < 3000; round++) {
    const text = Array.from({ length: 1 + next(24) }, () => bits[next(bits.length)]).join('');
    expect(JSON.stringify(tokensOf(text)), JSON.stringify(text)).toBe(JSON.stringify(plain.lexer(text)));
  }
});
