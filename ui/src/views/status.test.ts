import { expect, it } from 'vitest';
import type { App } from '../ipc/gen/App';
import type { RunHead } from '../ipc/gen/RunHead';
import { en } from '../text/en';
import { shownAs } from './status';

const app = { origin: 'server', key: 'keychain' } as App;
const contact = { heardAt: 0, nextTryAt: null, tries: 1, until: null, goesOn: false, trouble: null };
const word = (head: Pick<RunHead, 'status' | 'contact' | 'error'>, key: App['key'] = 'keychain', stopping = false) => shownAs(head, { ...app, key }, stopping, en).word;

it('a run that was never sent is called so, whatever its state', () => {
  const error = { cause: 'not_sent' as const, message: '', step: null, reason: null, network: null };
  for (const status of ['stopped', 'unknown', 'failed'] as const) expect(word({ status, contact: null, error })).toBe('Not sent');
});

it('a run out of contact is called by what keeps it from being heard', () => {
  const head = { status: 'out_of_contact' as const, contact, error: null };
  expect(word(head)).toBe('Reconnecting…');
  expect(word(head, 'refused')).toBe('Key needed');
  expect(word({ ...head, contact: null }), 'nobody reconnects').toBe('Out of contact');
  expect(word({ ...head, contact: { ...contact, goesOn: true } })).toBe('Running on the server');
  expect(word(head, 'refused', true), 'a stop is shown before anybody has answered').toBe('Stopping');
});
