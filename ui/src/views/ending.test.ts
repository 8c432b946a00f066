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
    expect(endingOf({ status: 'unknown', error: because('lost') }, null, en)?.title).toBe('It is not known how this run ended');
    expect(endingOf({ status: 'unknown', error: { ...because('lost'), message: 'connection reset' } }, null, en)?.title).toBe('The connection was lost');
    expect(endingOf({ status: 'unknown', error: { ...because('lost'), network: { code: 'went_silent', subject: '60' } } }, null, en)).toMatchObject({ title: 'The connection was lost', text: expect.stringContaining('60 seconds') });
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

describe('a run that was stopped', () => {
  it('says who stopped it, and whether anything ran', () => {
    expect(endingOf({ status: 'stopped', error: null }, null, en)).toMatchObject({ title: 'You stopped this run', text: expect.stringContaining('confirmed') });
    expect(endingOf({ status: 'stopped', error: because('not_sent') }, null, en)).toMatchObject({ title: 'This run was never sent', text: expect.stringContaining('Nothing ran') });
    expect(endingOf({ status: 'stopped', error: because('workflow') }, null, en)?.title).toBe('This run was stopped on the server');
  });
});
