/**
 * Writes and checks docs/errors.md: what users read for every refusal that tests/errors/ plays against a real socket.
 * `npx vitest run errors.doc -u` writes it anew, to be read before it is committed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { problemText } from '../form/issues';
import { en, type Words } from '../text/en';
import { zh } from '../text/zh';
import { endingOf } from '../views/ending';
import { failureWords, meansForWork, type FailureAction } from './errors';
import type { Control } from './gen/Control';
import type { Failure } from './gen/Failure';
import type { Field } from './gen/Field';
import type { RunHead } from './gen/RunHead';

type Call = 'probe' | 'connect' | 'upload' | 'run' | 'send' | 'send_tls';
type Told = { name: string; source: string; call: Call } & ({ failure: Failure } | Pick<RunHead, 'status' | 'error'>);

const root = join(import.meta.dirname, '../../..');
const told = JSON.parse(readFileSync(join(root, 'tests/errors/failures.json'), 'utf8')) as Told[];

const control = (type: string) => ({ type, options: ['a'], rules: { kinds: [], extensions: [], methods: [] } }) as unknown as Control;
/** The form of tests/errors/main.rs, as far as its labels go. */
const fields: Record<string, Field> = Object.fromEntries(
  [
    ['text', 'Title', 'text'],
    ['choice', 'Kind', 'select'],
    ['count', 'Copies', 'number'],
    ['obj', 'Data', 'json'],
    ['one', 'Report', 'file'],
    ['many', 'Attachments', 'file_list'],
  ].map(([variable = '', label = '', type = '']) => [variable, { variable, label, required: true, hidden: false, hint: null, placeholder: null, control: control(type) }]),
);

const buttons = (t: Words): Record<FailureAction, string | null> => ({
  retry: t.common.tryAgain,
  fix_address: t.connect.fixAddress,
  use_address: t.connect.useAddress('…'),
  accept_plain_http: t.connect.acceptPlainHttp,
  enter_key: t.app.enterKey,
  open_app: t.connect.openApp,
  keep_session: t.connect.keepUntilQuit,
  refresh: t.app.refresh,
  none: null,
});

/** Everything the page shows of it, unfolded details aside. */
function read(one: Told, t: Words): string {
  if (!('failure' in one)) {
    const ending = endingOf(one, one.error?.step ?? null, t);
    return ending ? [`**${ending.title}**`, ending.quote, ending.text, ending.main ? `[${{ again: t.run.again, edit: t.run.editAgain, check: t.underway.keepChecking, key: t.app.enterKey }[ending.main]}]` : ''].filter(Boolean).join('<br>') : '';
  }
  const { failure, call } = one;
  if (failure.problems.length > 0) {
    return failure.problems.map((problem) => {
      const field = fields[problem.variable];
      return field ? `*${field.label}*: ${problemText(problem, field, t)}` : '?';
    }).join('<br>');
  }
  const { title, text, action } = failureWords(failure, t);
  const button = buttons(t)[action];
  return [`**${title}**`, text, call === 'run' ? meansForWork(failure, t) : '', button ? `[${button}]` : ''].filter(Boolean).join('<br>');
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;').replaceAll('&lt;br>', '<br>');
const calls: Record<Call, string> = { probe: 'connecting', connect: 'connecting', upload: 'an upload', run: 'a run', send: 'any call', send_tls: 'any call' };
const said = (one: Told) => ('failure' in one ? (one.failure.problems[0]?.server ?? one.failure.message) : (one.error?.message ?? '')).split('\n')[0]?.slice(0, 110) ?? '';

function table(): string {
  const rows = told.map((one) => `| ${one.name} (${one.source}), ${calls[one.call]}<br>\`${cell(said(one)).replaceAll('`', "'") || ' '}\` | ${cell(read(one, en))} | ${cell(read(one, zh))} |`);
  return `# What users read when something is refused

Each line is played against a scripted server over a socket (\`tests/errors/\`), and worded as the page words it. A test
keeps this table true: \`npx vitest run errors.doc -u\` in \`ui/\` writes it anew after \`tests/errors/failures.json\`.
A line in code is what the technical details begin with; a word in brackets is the button that is offered.

| What happens, and what the server says | English | 中文 |
|---|---|---|
${rows.join('\n')}
`;
}

describe('what users read', () => {
  it('is what docs/errors.md says', async () => {
    await expect(table()).toMatchFileSnapshot(join(root, 'docs/errors.md'));
  });

  it('comes from a server for every reason that has words', () => {
    const met = new Set(told.map((one) => ('failure' in one ? one.failure.reason : one.error?.reason)));
    expect(Object.keys(en.reasons).filter((reason) => !met.has(reason as keyof typeof en.reasons))).toEqual([]);
  });

  it('differs wherever the cause differs', () => {
    for (const t of [en, zh]) {
      const all = [...Object.values(t.failures), ...Object.values(t.reasons)];
      for (const key of ['title', 'text'] as const) {
        const texts = all.map((words) => words[key]);
        expect(texts.filter((text, index) => texts.indexOf(text) !== index), key).toEqual([]);
      }
    }
  });

  it('never repeats a body, an address or a key', () => {
    // Failed runs quote the server, which may name the file it could not fetch; a server that moved is named.
    for (const one of told.filter((one) => 'failure' in one && one.failure.code !== 'moved')) for (const t of [en, zh]) expect(read(one, t), one.name).not.toMatch(/https?:\/\/[\w[](?!pi\.dify\.ai)|app-0000|<html/);
  });
});
