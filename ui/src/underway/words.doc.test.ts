/**
 * Writes and checks docs/run-words.md: what users read of a run out of contact, and of an end that was no success, for
 * everything that can be in the way. `npx vitest run words.doc -u` writes it anew, to be read before it is committed.
 */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { App } from '../ipc/gen/App';
import type { Contact } from '../ipc/gen/Contact';
import type { FailureCode } from '../ipc/gen/FailureCode';
import type { Reason } from '../ipc/gen/Reason';
import type { RunErrorCause } from '../ipc/gen/RunErrorCause';
import type { RunHead } from '../ipc/gen/RunHead';
import type { RunStatus } from '../ipc/gen/RunStatus';
import { en, type Words } from '../text/en';
import { zh } from '../text/zh';
import { endingOf, type Askable, type StepsTold } from '../views/ending';
import { shownAs } from '../views/status';
import { contactSaid } from './contact';

/** What Rust can name as being in the way (`dify::Error::trouble`, and a refused key). */
const troubles: [FailureCode, string | null][] = [
  ['unreachable', null], ['connect_timed_out', '10'], ['timed_out', '60'], ['went_silent', '60'], ['proxy_unreachable', 'proxy.example:3128'],
  ['proxy_login_needed', 'proxy.example:3128'], ['proxy_login_refused', 'proxy.example:3128'], ['proxy_refused', 'proxy.example:3128'], ['moved', 'https://elsewhere.example'],
  ['certificate', null], ['server_error', null], ['too_many_requests', null], ['not_dify', null], ['not_understood', null],
];
const contact = (more: Partial<Contact>): Contact => ({ heardAt: 0, nextTryAt: null, tries: 0, until: null, goesOn: false, trouble: null, ...more });
const app = (key: App['key']) => ({ origin: 'server', key }) as App;
const good = app('keychain');

type Case = [string, Pick<RunHead, 'status' | 'contact' | 'error'>, App | undefined];

function contactCases(): Case[] {
  const cases: Case[] = [];
  for (const status of ['out_of_contact', 'stopping'] as const) {
    const add = (name: string, contact: Contact | null, key: App | undefined = good) => cases.push([`${status}, ${name}`, { status, contact, error: null }, key]);
    add('nothing in the way', contact({}));
    add('asked in vain, reason not known', contact({ tries: 2 }));
    add('the server says it goes on', contact({ goesOn: true }));
    add('nobody asks (keychain locked)', null);
    add('key refused', contact({ tries: 1, trouble: { code: 'key_refused', subject: null } }), app('refused'));
    add('key missing', null, app('missing'));
    add('key entered since', contact({ tries: 1, trouble: { code: 'key_refused', subject: null } }));
    add('unreachable, just broken', contact({ trouble: { code: 'unreachable', subject: null } }));
    for (const [code, subject] of troubles) add(code, contact({ tries: 3, trouble: { code, subject } }));
  }
  return cases;
}

function readContact([, head, app]: Case, t: Words): string {
  const stopping = head.status === 'stopping';
  const said = contactSaid(head, app, stopping, t);
  const buttons = [said.keyNeeded && t.app.enterKey, t.underway.contact.tryNow, said.mendable && t.network.open].filter(Boolean).map((button) => `[${button}]`);
  return [`*${shownAs(head, app, stopping, t).word}*`, `**${said.title}**`, said.text.join(t.betweenSentences), buttons.join(' ')].filter(Boolean).join('<br>');
}

type End = [string, Pick<RunHead, 'status' | 'error'>, Askable, boolean, string | null, StepsTold];

function endings(): End[] {
  const ends: End[] = [];
  const add = (status: RunStatus, cause: RunErrorCause | null, more: { reason?: Reason; code?: FailureCode; subject?: string | null; message?: string; ask?: Askable; needsKey?: boolean; failed?: string[]; tries?: number } = {}) => {
    const { reason = null, code, subject = null, message = '', ask = 'yes', needsKey = false, failed = [], tries = 1 } = more;
    const name = [status, cause, reason, code, message && 'with words', ask !== 'yes' && ask, needsKey && 'key refused', failed.length > 0 && `step ${failed.join(', ')}`, tries > 1 && `${tries} tries`].filter(Boolean).join(', ');
    ends.push([name, { status, error: cause && { cause, message, step: null, reason, network: code ? { code, subject } : null } }, ask, needsKey, failed.at(-1) ?? null, { failed, tries }]);
  };
  add('stopped', null);
  add('stopped', 'not_sent');
  add('stopped', 'workflow');
  add('paused', null);
  add('unknown', null);
  for (const ask of ['yes', 'app_gone', 'server_cannot'] as const) for (const cause of ['lost', 'interrupted'] as const) add('unknown', cause, { ask });
  add('unknown', 'lost', { message: 'connection reset' });
  add('unknown', 'lost', { code: 'key_refused', needsKey: true });
  add('unknown', 'lost', { code: 'key_refused' });
  add('unknown', 'interrupted', { code: 'key_refused', needsKey: true });
  for (const [code, subject] of troubles) add('unknown', 'lost', { code, subject });
  for (const reason of ['gateway_down', 'gateway_timeout', 'server_fault', 'app_removed', 'api_disabled', 'sign_in_page'] as const) add('unknown', 'lost', { reason, message: 'words' });
  for (const cause of ['workflow', 'refused', 'not_reached', 'not_understood'] as const) add('failed', cause, { message: 'words of the server' });
  add('failed', 'refused', { message: 'Access token is invalid', needsKey: true });
  for (const [code, subject] of troubles.slice(0, 4)) add('failed', 'not_reached', { code, subject });
  add('failed', 'workflow', { failed: ['Look up'], tries: 3 });
  for (const reason of ['model_busy', 'model_quota', 'code_failed', 'model_text_too_long', 'gateway_blocked'] as const) add('failed', 'workflow', { reason, failed: ['Look up'], message: 'words of the server' });
  add('partly_succeeded', null);
  add('partly_succeeded', 'workflow', { message: 'words of the server' });
  add('partly_succeeded', null, { failed: ['Look up'] });
  add('partly_succeeded', null, { failed: ['Look up', 'Clause 7'] });
  add('partly_succeeded', null, { failed: ['Look up', 'Clause 7', 'Clause 8', 'Clause 9', 'Clause 10'] });
  return ends;
}

function readEnding([, head, ask, needsKey, step, told]: End, t: Words): string {
  const ending = endingOf(head, step, t, ask, needsKey, told);
  if (!ending) return '';
  const button = ending.main && { again: t.run.again, edit: t.run.editAgain, check: t.underway.keepChecking, key: t.app.enterKey }[ending.main];
  return [`*${shownAs({ ...head, contact: null }, good, false, t).word}*`, `**${ending.title}**`, ending.quote, ending.text, ending.who ? t.endings.who[ending.who] : '', button ? `[${button}]` : ''].filter(Boolean).join('<br>');
}

it('docs/run-words.md holds every word about contact and endings', async () => {
  const row = (name: string, english: string, chinese: string) => `| ${name} | ${english} | ${chinese} |`;
  const table = ['| What is known | English | 中文 |', '|---|---|---|'];
  const text = [
    '# What users read of runs out of contact, and of runs that did not succeed',
    '',
    'First the word in the status line and in lists, then the note: title, text, buttons; of an ending the button that',
    'stands out. A test keeps this true: `npx vitest run words.doc -u` in `ui/` writes it anew, to be read.',
    '',
    '## Out of contact, or being stopped',
    '',
    ...table,
    ...contactCases().map((one) => row(one[0], readContact(one, en), readContact(one, zh))),
    '',
    '## Endings',
    '',
    ...table,
    ...endings().map((one) => row(one[0], readEnding(one, en), readEnding(one, zh))),
    '',
  ].join('\n');
  await expect(text).toMatchFileSnapshot(join(import.meta.dirname, '../../../docs/run-words.md'));
});

it('no word blames the connection where the server answered, or promises what nobody does', () => {
  for (const one of contactCases()) {
    const [name, head, key] = one;
    const said = contactSaid(head, key, head.status === 'stopping', en);
    const answered = ['server_error', 'too_many_requests', 'not_understood', 'not_dify'].includes(head.contact?.trouble?.code ?? '');
    const all = [said.title, ...said.text].join(' ');
    if (answered || said.keyNeeded || head.contact?.goesOn) expect(all, name).not.toMatch(/connection was lost|cannot be reached|Reconnecting/);
    if (said.keyNeeded) expect(all, name).toContain('key');
    if (head.contact === null) expect(all, name).not.toMatch(/Reconnecting|Trying again/);
  }
});

it('every ending that nobody saw says so, whatever else is known', () => {
  for (const [name, head, ask, needsKey] of endings().filter(([, head]) => head.status === 'unknown' && head.error?.cause !== 'interrupted')) {
    expect(endingOf(head, null, en, ask, needsKey)?.title, name).toBe(en.endings.unknownTitle);
  }
});
