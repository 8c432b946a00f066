import { expect, it } from 'vitest';
import { en } from '../text/en';
import { toldApart } from './told-apart';

const app = (id: string, title: string, baseUrl: string, givenName: string | null = null, serverTitle = title) =>
  ({ id, origin: baseUrl ? 'server' : 'demo', baseUrl, givenName, serverTitle, branding: { title } }) as Parameters<typeof toldApart>[0][number];

it('only apps that share their name have a note, which tells them apart', () => {
  const notes = toldApart(
    [
      app('1', 'Review', 'https://one.example/v1'),
      app('2', 'review ', 'https://two.example:8443/v1'),
      app('3', 'Digest', 'https://one.example/v1'),
      app('4', 'Review', 'https://one.example/v1'),
      app('5', 'Review', 'https://one.example/v1', 'Review', 'contract-flow'),
      app('6', 'Review', ''),
    ],
    en,
  );
  expect(Object.fromEntries(notes)).toEqual({ '1': 'one.example · 1', '2': 'two.example:8443', '4': 'one.example · 2', '5': 'contract-flow · one.example', '6': 'Demo on this computer' });
});
