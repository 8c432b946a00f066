import { describe, expect, it } from 'vitest';
import type { Ability } from '../ipc/gen/Ability';
import type { Capability } from '../ipc/gen/Capability';
import type { RunError } from '../ipc/gen/RunError';
import type { RunErrorCause } from '../ipc/gen/RunErrorCause';
import type { RunStatus } from '../ipc/gen/RunStatus';
import { en } from '../text/en';
import { zh } from '../text/zh';
import { askable, endingOf, mayRunTwice } from './ending';

const because = (cause: RunErrorCause): RunError => ({ cause, message: '', step: null, reason: null, network: null });
const cannot = (...capabilities: Capability[]) => ({ abilities: capabilities.map((capability): Ability => ({ capability, support: 'no', knownBy: 'answer', missing: null })) });
const server = (runId: string | null) => ({ server: { runId, taskId: null, workflowId: null, traceId: null } });

describe('asking the server once more', () => {
  it('is offered only where it can help', () => {
    expect(askable(server('run'), cannot())).toBe('yes');
    expect(askable(server('run'), undefined), 'nobody to ask').toBe('app_gone');
    expect(askable(server('run'), cannot('run_detail')), 'joining the run again tells its end, too').toBe('yes');
    expect(askable(server('run'), cannot('run_detail', 'resume_stream'))).toBe('server_cannot');
    expect(askable(server(null), cannot('run_detail', 'resume_stream')), 'the log is left').toBe('yes');
    expect(askable(server(null), cannot('server_log'))).toBe('server_cannot');
  });

  it('is the main thing to do about an end nobody saw; else what to do instead is said', () => {
    for (const t of [en, zh]) {
      for (const cause of ['lost', 'interrupted'] as const) {
        const head = { status: 'unknown' as const, error: because(cause) };
        expect(endingOf(head, null, t)).toMatchObject({ main: 'check', text: expect.stringContaining(t.underway.checkFirst) });
        expect(endingOf(head, null, t, 'app_gone')).toMatchObject({ main: null, text: expect.stringContaining(t.underway.appGone) });
        expect(endingOf(head, null, t, 'server_cannot')).toMatchObject({ main: null, text: expect.stringContaining(t.underway.lookInDify) });
      }
    }
  });
});

describe('a run of which nobody knows the end', () => {
  it('blames the connection only where it broke', () => {
    const said = (error: Partial<RunError>) => endingOf({ status: 'unknown', error: { ...because('lost'), ...error } }, null, en);
    expect(said({})?.text, 'a server that never began is silent, too').not.toContain('connection');
    expect(said({ message: 'connection reset' })?.text).toContain('The connection was lost.');
    expect(said({ network: { code: 'went_silent', subject: '60' } })?.text).toContain('60 seconds');
    expect(said({ network: { code: 'server_error', subject: null } })?.text, 'it answered').not.toContain('connection');
    expect(said({ reason: 'gateway_down' }), 'what was so then need not be so now').toMatchObject({ title: en.endings.unknownTitle, text: expect.not.stringContaining('at the moment') });
  });

  it('asks for the key where nobody is told anything without one', () => {
    const head = { status: 'unknown' as const, error: { ...because('lost'), network: { code: 'key_refused' as const, subject: null } } };
    for (const t of [en, zh]) {
      expect(endingOf(head, null, t, 'yes', true)).toMatchObject({ main: 'key', text: expect.stringContaining(t.endings.lostBecause.key_refused) });
      expect(endingOf(head, null, t, 'yes', false), 'another key was entered since').toMatchObject({ main: 'check', text: expect.not.stringContaining(t.endings.lostBecause.key_refused) });
      expect(endingOf({ status: 'failed', error: because('refused') }, null, t, 'yes', true)).toMatchObject({ main: 'key', title: t.failures.key_refused.title });
    }
    expect(endingOf(head, null, en, 'server_cannot', true)?.main, 'a key is of no use there').toBeNull();
  });

  it('is not started again without a question', () => {
    const cases: [RunStatus, RunErrorCause | null, boolean][] = [
      ['unknown', null, true],
      ['unknown', 'lost', true],
      ['failed', 'interrupted', true],
      ['failed', 'workflow', false],
      ['failed', 'not_sent', false],
      ['failed', 'not_reached', false],
      ['stopped', 'not_sent', false],
      ['succeeded', null, false],
    ];
    for (const [status, cause, asks] of cases) expect(mayRunTwice({ status, error: cause && because(cause) }), `${status} ${cause}`).toBe(asks);
  });
});

describe('a run that failed', () => {
  it('says in which step, how often that was tried, and whose job it is', () => {
    const failed = endingOf({ status: 'failed', error: because('workflow') }, 'Look up', en, 'yes', false, { failed: ['Look up'], tries: 3 });
    expect(failed).toMatchObject({ title: 'This run failed in the step “Look up”', who: 'author' });
    expect(failed?.text).toContain('It was tried 3 times.');
    expect(endingOf({ status: 'failed', error: because('workflow') }, 'Look up', en)?.text, 'once is not worth a word').not.toContain('tried');
    expect(endingOf({ status: 'failed', error: { ...because('workflow'), reason: 'model_quota' } }, null, en)?.who).toBe('admin');
    expect(endingOf({ status: 'failed', error: { ...because('workflow'), reason: 'model_busy' } }, null, en)?.who, 'it passes').toBe('wait');
    expect(endingOf({ status: 'failed', error: because('refused') }, null, en, 'yes', true)?.who, 'a key is the user’s to enter').toBe('you');
    expect(endingOf({ status: 'failed', error: because('workflow') }, null, en, 'yes', true)?.who, 'a key that is missing now had no part in it').toBe('author');
  });

  it('leaves nobody a job where nothing is wrong', () => {
    for (const status of ['stopped', 'paused', 'partly_succeeded', 'unknown'] as const) expect(endingOf({ status, error: null }, null, en)?.who, status).toBeNull();
  });

  it('in part names the first steps that failed, once each, and counts the others', () => {
    const told = (...failed: string[]) => endingOf({ status: 'partly_succeeded', error: null }, failed.at(-1) ?? null, en, 'yes', false, { failed, tries: 1 });
    expect(told('A')?.title).toContain('“A”');
    expect(told('A', 'B')).toMatchObject({ title: 'The result is complete except for 2 steps', text: expect.stringContaining('“A” and “B” failed') });
    expect(told('A', 'B', 'C', 'D', 'E')?.text).toContain('“A”, “B”, “C”, and 2 more failed');
  });
});

describe('a run that was stopped', () => {
  it('says who stopped it, and whether anything ran', () => {
    expect(endingOf({ status: 'stopped', error: null }, null, en)).toMatchObject({ title: 'You stopped this run', text: expect.stringContaining('confirmed') });
    expect(endingOf({ status: 'stopped', error: because('not_sent') }, null, en)).toMatchObject({ title: 'This run was never sent', text: expect.stringContaining('Nothing ran') });
    expect(endingOf({ status: 'stopped', error: because('workflow') }, null, en)?.title).toBe('This run was stopped on the server');
  });
});
