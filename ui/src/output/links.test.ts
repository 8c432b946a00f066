import { describe, expect, it } from 'vitest';
import { fromPunycode, isPath, shownAddress, webAddress } from './links';

describe('addresses in texts of servers', () => {
  it.each([
    ['https://ok.example/a?b=1&c=2', 'https://ok.example/a?b=1&c=2'],
    ['HTTP://OK.example', 'http://ok.example/'],
    ['mailto:anna@ok.example', 'mailto:anna@ok.example'],
    ['https:\\\\ok.example\\a', 'https://ok.example/a'],
  ])('may be opened: %s', (href, address) => {
    expect(webAddress(href)).toBe(address);
  });

  it.each([
    'javascript:alert(1)', 'JaVaScRiPt:alert(1)', ' javascript:alert(1)', 'java\nscript:alert(1)', 'java\tscript:alert(1)', '\u0001javascript:alert(1)', 'javascript&colon;alert(1)',
    'vbscript:msgbox(1)', 'data:text/html,<script>alert(1)</script>', 'data:image/svg+xml,<svg/>', 'file:///etc/passwd', 'tauri://localhost/', 'ipc://localhost/', 'blob:https://ok.example/1',
    'about:blank', 'view-source:https://ok.example', 'ftp://ok.example', 'ms-word:ofe|u|https://ok.example', 'tel:112', 'mailto:', 'mailto:?attach=/etc/passwd', 'https:', 'https://', 'http:ok.example', '//ok.example', '/files/1', 'ok.example', '#a', '', 'https://[::1', 'wss://ok.example',
  ])('may not: %s', (href) => {
    expect(webAddress(href)).toBeNull();
  });

  it('are paths only without a host', () => {
    expect(['/files/tools/1.png?sign=a', '/'].map(isPath)).toEqual([true, true]);
    expect(['//ok.example/a', '/\\ok.example', 'files/1', '\\\\ok.example\\a', 'https://ok.example/'].map(isPath)).toEqual([false, false, false, false, false]);
  });

  it('name the host they really lead to', () => {
    expect(shownAddress('https://www.bank.example@ok.example/login')).toMatchObject({ host: 'ok.example', disguised: true });
    expect(shownAddress('https://ok.example:8443/a')).toMatchObject({ host: 'ok.example:8443', disguised: false });
    expect(shownAddress('mailto:anna@ok.example').host).toBe('anna@ok.example');
  });

  it('show letters that look like others as what they are', () => {
    // The first letter is Cyrillic.
    expect(shownAddress('https://аpple.example/')).toMatchObject({ host: 'xn--pple-43d.example', written: null });
    // All of them are, in a Latin domain.
    expect(shownAddress('https://аррӏе.com/')).toMatchObject({ written: null });
    expect(shownAddress('https://пример.рф/').written).toBe('пример.рф');
    expect(shownAddress('https://bücher.example/')).toMatchObject({ host: 'xn--bcher-kva.example', written: 'bücher.example' });
    expect(shownAddress('https://例子.中国/').written).toBe('例子.中国');
  });

  it('are readable where nothing hides in them', () => {
    expect(shownAddress('https://ok.example/%E6%8A%A5%E5%91%8A').address).toBe('https://ok.example/报告');
    // A mark that turns the direction of writing.
    expect(shownAddress('https://ok.example/%E2%80%AEfdp.exe').address).toBe('https://ok.example/%E2%80%AEfdp.exe');
  });

  it('in Punycode are read as RFC 3492 says', () => {
    for (const host of ['bücher', '例子', 'пример', 'mañana', '他们为什么不说中文', 'ليهمابتكلموشعربي']) expect(fromPunycode(new URL(`https://${host}.example`).hostname.split('.')[0]?.slice(4) ?? '')).toBe(host);
    expect(fromPunycode('!')).toBeNull();
  });
});
