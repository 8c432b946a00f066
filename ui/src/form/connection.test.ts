import { expect, it } from 'vitest';
import { cleanAddress, cleanKey, isPlainHttp } from './connection';

it('tolerates what people paste', () => {
  expect(cleanAddress('  https://api.dify.ai/v1 \n')).toBe('https://api.dify.ai/v1');
  expect(cleanKey(' Bearer app-abc\n def ')).toBe('app-abcdef');
  expect(cleanKey('Authorization: Bearer app-abc')).toBe('app-abc');
});

it('warns of http to another computer only', () => {
  expect(['http://dify.example/v1', 'HTTP://10.0.0.5', 'http://localhost.evil.example'].map(isPlainHttp)).toEqual([true, true, true]);
  expect(['https://dify.example', 'http://localhost:5001/v1', 'http://127.0.0.1', 'http://[::1]:80', 'dify.example', 'http://', ''].map(isPlainHttp)).toEqual(Array(7).fill(false));
});
