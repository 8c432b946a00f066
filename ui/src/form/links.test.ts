import { describe, expect, it } from 'vitest';
import { isNear, linksIn, onlyHere } from './links';

describe('links', () => {
  it('are told apart by anything blank between them, each once', () => {
    expect(linksIn(' https://a.example/x,y\n\nhttps://b.example/z\thttps://a.example/x,y ')).toEqual(['https://a.example/x,y', 'https://b.example/z']);
  });

  it('get the beginning that people leave out, where they can only be links', () => {
    expect(linksIn('files.example.org/a.pdf www.例子.com/合同.pdf example.org:8443/x')).toEqual(['https://files.example.org/a.pdf', 'https://www.例子.com/合同.pdf', 'https://example.org:8443/x']);
    for (const other of ['offer.pdf', 'C:/offers/a.pdf', '/home/a.pdf', 'ftp://a.example/x', 'notes/2026/a.pdf']) expect(linksIn(other), 'said to be incomplete, not guessed').toEqual([other]);
  });

  it('of a network of one’s own are known by their host', () => {
    for (const near of ['http://10.0.0.7/a', 'http://192.168.1.5:8080/a', 'http://172.20.0.1/a', 'https://files/a', 'https://nas.local/a', 'http://localhost:3000/a', 'http://[::1]/a', 'http://[fd12::1]/a', 'http://127.0.0.1/']) expect(isNear(near), near).toBe(true);
    for (const far of ['https://files.example.com/a', 'http://172.32.0.1/a', 'http://8.8.8.8/a', 'http://[2001:db8::1]/a', 'nonsense']) expect(isNear(far), far).toBe(false);
  });

  it('are out of reach only for a server that stands elsewhere', () => {
    expect(onlyHere('http://nas.local/a.pdf', 'https://api.dify.ai/v1')).toBe(true);
    expect(onlyHere('http://nas.local/a.pdf', 'http://192.168.1.9/v1'), 'a server in the same network').toBe(false);
  });
});
