import { expect, test } from 'vitest';
import { en } from '../text/en';
import { zh } from '../text/zh';
import { failure } from './fake';
import { failureWords, networkFailures } from './errors';
import type { FailureCode } from './gen/FailureCode';

const inSeconds: FailureCode[] = ['connect_timed_out', 'timed_out', 'went_silent', 'upload_stalled'];
const ofProxies: FailureCode[] = ['proxy_unreachable', 'proxy_login_needed', 'proxy_login_refused', 'proxy_refused'];

test.each([en, zh])('waiting in vain names its seconds, and each kind has words of its own', (t) => {
  const said = inSeconds.map((code) => failureWords(failure(code, { subject: '60' }), t));
  for (const { text } of said) expect(text).toContain('60');
  expect(new Set(said.map(({ text }) => text)).size).toBe(inSeconds.length);
  const vague = inSeconds.map((code) => failureWords(failure(code), t).text);
  expect(vague.join('')).not.toMatch(/\d|NaN|null/);
});

test.each([en, zh])('a proxy is named, and the network settings are at hand', (t) => {
  for (const code of ofProxies) {
    expect(failureWords(failure(code, { subject: 'proxy.example:3128' }), t).text).toContain('proxy.example:3128');
    expect(networkFailures.has(code)).toBe(true);
  }
  expect(networkFailures.has('timed_out')).toBe(false);
});

test.each([en, zh])('what would travel unprotected, and whereto, is said before anything is sent', (t) => {
  const { text, action } = failureWords(failure('plain_http', { subject: 'http://dify.internal/v1' }), t);
  expect(text).toContain('http://dify.internal/v1');
  expect(action).toBe('accept_plain_http');
});

test('a server that has moved is used where it is known to be', () => {
  expect(failureWords(failure('moved', { subject: 'https://new.example' }), en)).toMatchObject({ action: 'use_address', text: expect.stringContaining('https://new.example') });
  expect(failureWords(failure('moved'), en).action).toBe('fix_address');
});

test.each([en, zh])('an expired certificate says since when', (t) => {
  expect(failureWords(failure('certificate_expired', { subject: String(Date.UTC(2020, 5, 15)) }), t).text).toContain('2020');
});
