import { Marked } from 'marked';
import { describe, expect, it } from 'vitest';
import { renderTokens, sanitize, tokensOf } from './markdown';

const render = (text: string) => tokensOf(text).map((token) => renderTokens([token])).join('');

/** Things that run, load, submit, overlay or restyle. */
const attacks = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<img src="https://evil.example/pixel.png">',
  '![pixel](https://evil.example/pixel.png)',
  '<svg onload=alert(1)><circle/></svg>',
  '<svg><script>alert(1)</script></svg>',
  '<math><mi xlink:href="javascript:alert(1)">x</mi></math>',
  '<iframe src="https://evil.example"></iframe>',
  '<object data="https://evil.example"></object><embed src="x">',
  '<form action="https://evil.example"><input name=a><button>Send</button></form>',
  '<style>body{display:none}</style>',
  '<div style="position:fixed;inset:0">over</div>',
  '<link rel=stylesheet href="https://evil.example/x.css">',
  '<meta http-equiv=refresh content="0;url=https://evil.example">',
  '<base href="https://evil.example/">',
  '<a href="javascript:alert(1)">x</a>',
  '[x](javascript:alert(1))',
  '[x](JaVaScRiPt:alert(1))',
  '[x](data:text/html;base64,PHNjcmlwdD4=)',
  '[x](file:///etc/passwd)',
  '[x](tauri://localhost/)',
  '<a href="https://ok.example" onclick="alert(1)" target="_blank" ping="https://evil.example">x</a>',
  '<video src="https://evil.example/v.mp4" autoplay></video><audio src="x"></audio>',
  '<p id="root" class="dialog" data-testid="run" name="x">clobber</p>',
  '<img src="data:image/svg+xml;base64,PHN2Zz48L3N2Zz4=">',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '<textarea><img src=x onerror=alert(1)></textarea>',
];

describe('text of servers as HTML', () => {
  it.each(attacks)('neither runs, loads nor restyles anything: %s', (attack) => {
    const box = document.createElement('div');
    box.innerHTML = render(attack);
    for (const element of box.querySelectorAll('*')) {
      expect(element.localName).not.toMatch(/^(script|style|iframe|object|embed|form|input|button|svg|math|link|meta|base|video|audio|source|textarea|noscript|template)$/);
      for (const { name, value } of element.attributes) {
        expect(name).toMatch(/^(href|src|alt|title|lang|align|start|colspan|rowspan|open)$/);
        if (name === 'href') expect(value).toMatch(/^https?:/);
        if (name === 'src') expect(value).toMatch(/^data:image\/(png|jpeg|gif|webp);base64,/);
      }
    }
  });

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

  it('shows pictures that came with the text and links those of the web', () => {
    expect(render('![p](data:image/png;base64,iVBORw0KGgo=)')).toContain('<img');
    const linked = render('![plan](https://ok.example/plan.png)');
    expect(linked).not.toContain('<img');
    expect(linked).toContain('href="https://ok.example/plan.png"');
    expect(linked).toContain('plan');
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
