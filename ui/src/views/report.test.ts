import { describe, expect, it } from 'vitest';
import type { RunHead } from '../ipc/gen/RunHead';
import { kinds, reportOf } from './report';

const secret = 'Maria Huber, IBAN AT61 1904 3002 3457 3201';

function head(message: string, more: Partial<RunHead> = {}): RunHead {
  return {
    id: '0197-local', appId: 'app-1', title: secret, status: 'failed', startedAt: Date.UTC(2026, 10, 21, 9, 31), finishedAt: Date.UTC(2026, 10, 21, 9, 31, 13), elapsed: 13.04,
    totalTokens: 250, totalSteps: 6, contact: null, error: { cause: 'workflow', message, step: 'Look up the company', reason: 'model_down', network: null },
    server: { runId: '8f0b2c1e-1', taskId: 't-1', workflowId: 'w-1', traceId: null }, ...more,
  };
}
const app = { baseUrl: 'https://user:app-secret@dify.northwind.example/v1?key=app-secret', serverTitle: 'Contract review', serverVersion: '1.12.1', origin: 'server' as const };
const about = { version: '0.4.0', system: 'Debian GNU/Linux 12, x86_64' };

describe('the report for support', () => {
  it('holds what they ask first', () => {
    expect(reportOf(head('x'), app, about, 'Look up the company').split('\n')).toEqual([
      'program: Flowdeck 0.4.0', 'system: Debian GNU/Linux 12, x86_64', 'app: Contract review', 'server: https://dify.northwind.example/v1', 'server version: 1.12.1',
      'status: failed', 'cause: workflow', 'reason: model_down', 'step: Look up the company', 'the server names: no kind of error that is safe to pass on',
      'server run: 8f0b2c1e-1', 'server task: t-1', 'server workflow: w-1', 'local run: 0197-local', 'started: 2026-11-21T09:31:00.000Z', 'finished: 2026-11-21T09:31:13.000Z', 'took: 13.0 s',
    ]);
  });

  it('holds no contents, whatever the server puts into its words', () => {
    const messages = [
      secret,
      `ValueError: invalid literal for int() with base 10: '${secret}'`,
      `{"message": "${secret}", "status_code": 503}`,
      `Traceback (most recent call last):\n  File "/tmp/x.py", line 3, in main\n    ${secret}\nKeyError: '${secret}'`,
      `Bearer app-secret was refused for ${secret}`,
      `GET https://register.example/api?name=${encodeURIComponent(secret)} 503`,
      `Reached 'Maria/HuberError' in Huber@ExampleError`,
    ];
    for (const message of messages) {
      const report = reportOf(head(message), app, about, null);
      for (const word of ['Maria', 'Huber', 'IBAN', '1904', 'AT61', 'app-secret', 'register.example', '/tmp']) expect(report, message).not.toContain(word);
    }
    expect(reportOf(head(messages[1] ?? ''), app, about, null)).toContain('the server names: ValueError');
    expect(reportOf(head(messages[2] ?? ''), app, about, null)).toContain('the server names: HTTP 503');
    expect(reportOf(head(messages[3] ?? ''), app, about, null)).toContain('the server names: KeyError');
  });

  it('takes for an id only what can be one, and lets no value pass for several lines', () => {
    const odd = head('', { server: { runId: `x\nstatus: succeeded`, taskId: secret, workflowId: 'ok-1', traceId: null } });
    const report = reportOf(odd, { ...app, serverTitle: 'A\nkey: app-1\u202e' }, about, null);
    expect(report).toContain('server run: not an id');
    expect(report).toContain('server task: not an id');
    expect(report).toContain('app: A key: app-1');
    expect(report.split('\n').filter((row) => row.startsWith('status:'))).toEqual(['status: failed']);
  });

  it('says how the way to the server failed, and no address that could hold a key', () => {
    const lost = (code: 'moved' | 'proxy_refused' | 'timed_out', subject: string) =>
      reportOf(head('', { error: { cause: 'lost', message: '', step: null, reason: null, network: { code, subject } } }), undefined, null, null);
    expect(lost('moved', 'https://u:p@elsewhere.example/v1?token=app-secret')).toContain('network: moved https://elsewhere.example/v1\n');
    expect(lost('proxy_refused', 'proxy.example:3128')).toContain('network: proxy_refused proxy.example:3128\n');
    expect(lost('timed_out', '60')).toContain('network: timed_out 60\n');
    expect(lost('moved', secret)).toContain('network: moved\n');
    const contact = { heardAt: Date.UTC(2026, 10, 21, 9, 31, 5), nextTryAt: null, tries: 3, until: null, goesOn: false, trouble: { code: 'unreachable' as const, subject: null } };
    const away = reportOf(head('', { status: 'out_of_contact', error: null, contact }), undefined, null, null);
    expect(away, 'while it is out of contact, too').toContain('network: unreachable\nlast heard of: 2026-11-21T09:31:05.000Z\nasked in vain: 3 times\n');
  });
});

it('kinds of error are named once each', () => {
  expect(kinds('ReadTimeout ReadTimeout, HTTP/1.1 504, status code: 504; ConnectError')).toBe('HTTP 504, ReadTimeout, ConnectError');
  expect(kinds('HTTPError: 503 Service Unavailable for https://register.example/api?name=Maria')).toBe('HTTP 503, HTTPError');
  expect(kinds('nothing of that')).toContain('no kind');
});
