/** The fake's runs, and what they ask people. */
import type { Backend, Entries } from './backend';
import { check, warnings } from './fake-check';
import { askedQuestion, digestText, questionForm } from './fake-data';
import { failure, type World } from './fake-world';
import type { Run } from './gen/Run';
import type { RunPatch } from './gen/RunPatch';
import type { Step } from './gen/Step';
import type { StepStatus } from './gen/StepStatus';

type Methods = Pick<Backend, 'formCheck' | 'runStart' | 'runStopStarting' | 'runStop' | 'runOpen' | 'runUsual' | 'runList' | 'runUnfinished' | 'runCheckAgain' | 'questionForm' | 'questionRead' | 'questionCheck' | 'questionAnswer' | 'questionStopAnswering' | 'questionChoose'>;

export function runMethods(all: World, chooseFiles: Backend['fileChoose']): Methods {
  const { apps, runs, staged, entered, pace, emit, wait, appOf, runOf, save } = all;
  const stopped = new Set<string>();
  const cancelled = new Set<string>();
  const waitsForFiles = (entries: Entries) =>
    Object.values(entries).some(
      (entry) => entry?.kind === 'files' && entry.value.some((file) => file.kind === 'staged' && ['ready', 'uploading'].includes(staged.get(file.value)?.state.state ?? '')),
    );
  const forFiles = async (entries: Entries, of: string) => {
    cancelled.delete(of);
    while (waitsForFiles(entries)) {
      await wait(1);
      if (cancelled.has(of)) throw failure('cancelled');
    }
  };

  function change(run: Run, patch: Partial<RunPatch>): void {
    if (patch.head) run.head = patch.head;
    for (const step of patch.steps ?? []) {
      run.steps = [...run.steps.filter((old) => old.id !== step.id), step].sort((a, b) => a.order - b.order);
    }
    for (const text of patch.texts ?? []) {
      if (text.kind === 'thought') continue;
      if (text.kind === 'replace') {
        run.texts = [{ source: '', text: text.text }];
        continue;
      }
      const part = run.texts.find((candidate) => candidate.source === text.source);
      if (part) part.text += text.text;
      else run.texts.push({ source: text.source, text: text.text });
    }
    if (patch.outputs) run.outputs = patch.outputs;
    if (patch.files) run.files = patch.files;
    if (patch.notices) run.notices = patch.notices;
    if (patch.questions) run.questions = patch.questions;
    if (patch.unknownEvents) run.unknownEvents = patch.unknownEvents;
    emit({
      type: 'run_changed',
      patch: { id: run.head.id, head: null, steps: [], texts: [], outputs: null, files: null, notices: null, questions: null, unknownEvents: null, ...patch },
    });
  }

  async function play(run: Run, wish: string): Promise<void> {
    const ended = () => stopped.has(run.head.id);
    let order = 0;
    const begin = (nodeType: string, title: string, more: Partial<Step> = {}): Step => {
      const step: Step = {
        id: `${run.head.id}-${order}`, nodeId: `node-${order}`, nodeType, title, status: 'running', order: order++, parent: null, round: null, predecessor: null,
        roundsBegun: null, roundsTotal: null, startedAt: Date.now(), finishedAt: null, elapsed: null, tokens: null, price: null, currency: null,
        tries: [], inputs: { question: 'What is in it?', options: { deep: true, list: [1, 2, 3] } }, processData: null, outputs: null, truncated: [], error: null, errorStrategy: null, completedReason: null, agentLog: [], reasoning: '', ...more,
      };
      change(run, { steps: [step] });
      return step;
    };
    const finish = (step: Step, status: StepStatus = 'succeeded', more: Partial<Step> = {}) => {
      const now = Date.now();
      change(run, { steps: [{ ...step, status, finishedAt: now, elapsed: (now - step.startedAt) / 1000, outputs: { text: `${step.title} is done` }, ...more }] });
    };
    const end = (status: Run['head']['status'], more: Partial<RunPatch> = {}, error: Run['head']['error'] = null) => {
      const now = Date.now();
      change(run, { ...more, head: { ...run.head, status, error, finishedAt: now, elapsed: (now - run.head.startedAt) / 1000, totalTokens: 6418, totalSteps: order } });
      const owner = apps.get(run.head.appId);
      if (owner) save({ ...owner, runCount: owner.runCount + 1 });
    };

    await wait(pace / 2);
    change(run, { head: { ...run.head, status: 'running', server: { runId: '8f0b2c1e-7a54-4a0e-9d59-0d8e5b6f1a2c', taskId: 'task-1', workflowId: 'workflow-1', traceId: null } } });
    const start = begin('start', 'Start');
    await wait(pace / 8);
    finish(start);
    const read = begin('document-extractor', 'Read the documents');
    await wait(pace);
    finish(read);
    const look = begin('http-request', 'Look up the company', { tries: [{ number: 1, error: '503 Service Unavailable', elapsed: 0.3, at: Date.now() }] });
    await wait(pace);
    if (wish === 'failure') {
      finish(look, 'failed', { error: 'HTTP 503: Service Unavailable', outputs: null });
      return end('failed', {}, { cause: 'workflow', message: 'HTTP 503: Service Unavailable', step: 'Look up the company', reason: null, network: null });
    }
    finish(look, wish === 'partial' ? 'exception' : 'succeeded', wish === 'partial' ? { error: 'HTTP 503' } : {});
    if (wish === 'paused') return change(run, { head: { ...run.head, status: 'paused' } });
    if (wish === 'waiting') return change(run, { head: { ...run.head, status: 'waiting' }, questions: [askedQuestion()] });
    if (wish === 'out_of_contact') return change(run, { head: { ...run.head, status: 'out_of_contact', error: { cause: 'lost', message: 'connection reset', step: null, reason: null, network: { code: 'went_silent', subject: '60' } } } });
    if (wish === 'unknown') return end('unknown', {}, { cause: 'lost', message: 'connection reset', step: null, reason: null, network: { code: 'went_silent', subject: '60' } });
    const each = begin('iteration', 'Review each clause', { roundsTotal: 3, roundsBegun: 0 });
    for (let round = 0; round < 3 && !ended(); round++) {
      change(run, { steps: [{ ...each, roundsBegun: round + 1 }] });
      const child = begin('llm', 'Clause', { parent: each.id, round, tokens: 300 });
      await wait(pace / 2);
      finish(child);
    }
    finish({ ...each, roundsBegun: 3 }, 'succeeded', { tokens: 900, price: '0.0313000', currency: 'USD' });
    const write = begin('llm', '', { inputs: { prompt: 'Write the digest. '.repeat(200) }, reasoning: 'Short is better.' });
    let offset = 0;
    for (let at = 0; at < digestText.length && !ended(); at += 24) {
      const text = digestText.slice(at, at + 24);
      change(run, { texts: [{ kind: 'append', source: 'write.text', offset, text }] });
      offset += text.length;
      await wait(pace / 12);
    }
    if (ended()) {
      finish(write, 'stopped');
      return end('stopped');
    }
    finish(write, 'succeeded', { tokens: 4902 });
    const outputs = {
      digest: digestText, decision: 'Changes needed', risk: 3, signed: false, tags: ['lease', 'move', 'network'],
      findings: [{ clause: '7.2', finding: 'Cap of 24 months of fees', limit: 12 }, { clause: '11.1', finding: '60 days’ notice', limit: 90 }],
      meta: { model: 'none', usage: { prompt: 1140, completion: 380 }, notes: ['a', 'b'] },
    };
    end(wish === 'partial' ? 'partly_succeeded' : 'succeeded', {
      outputs,
      files: [
        { index: 0, variable: 'files', name: 'Digest of the office move.docx', extension: 'docx', mimeType: null, size: 48_000, local: 'stored', link: null },
        { index: 1, variable: 'files', name: 'Findings.xlsx', extension: 'xlsx', mimeType: null, size: 12_000, local: 'fetching', link: null },
      ],
    }, wish === 'partial' ? { cause: 'workflow', message: 'HTTP 503', step: 'Look up the company', reason: null, network: null } : null);
  }

  return {
    formCheck: async (id, entries) => [...check(appOf(id).form, entries, staged), ...warnings(appOf(id).form, entries, staged)],
    async runStart(id, entries) {
      const app = appOf(id);
      const problems = check(app.form, entries, staged).filter((problem) => problem.issue.code !== 'file_not_uploaded');
      if (problems.length > 0) throw failure('form_invalid', { problems });
      await forFiles(entries, id);
      const inputs = app.form.fields.flatMap((field) => {
        const entry = entries[field.variable];
        if (!entry) return [];
        const value = entry.kind === 'files' ? entry.value.map((file) => (file.kind === 'link' ? file.value : (staged.get(file.value)?.name ?? ''))) : entry.value;
        return value === '' ? [] : [{ variable: field.variable, label: field.label, value, isFiles: entry.kind === 'files', hidden: field.hidden }];
      });
      const title = inputs.map((input) => (input.isFiles ? '' : String(input.value))).find(Boolean) ?? '';
      const run: Run = {
        head: {
          id: `run-${String(Date.now()).padStart(15, '0')}-${++all.counter}`, appId: id, title: title.slice(0, 80), status: 'starting', startedAt: Date.now(), finishedAt: null, elapsed: null,
          totalTokens: null, totalSteps: null, error: null, contact: null, server: { runId: null, taskId: null, workflowId: null, traceId: null },
        },
        inputs, steps: [], texts: [], outputs: {}, files: [], notices: [], questions: [], unknownEvents: [],
      };
      runs.set(run.head.id, run);
      entered.set(run.head.id, structuredClone(entries));
      change(run, { head: run.head });
      const events = entries['events'];
      void play(run, events?.kind === 'text' ? events.value : 'everything');
      return run.head.id;
    },
    async runStopStarting(id) {
      cancelled.add(id);
    },
    async runStop(id) {
      stopped.add(id);
      change(runOf(id), { head: { ...runOf(id).head, status: 'stopping' } });
    },
    runOpen: async (id) => structuredClone(runOf(id)),
    async runUsual(id) {
      const past = [...runs.values()].filter(({ head }) => head.appId === runOf(id).head.appId && head.status === 'succeeded' && head.elapsed !== null);
      const times = past.map(({ head }) => (head.elapsed ?? 0) * 1000).sort((a, b) => a - b);
      const at = (share: number) => times[Math.floor((times.length - 1) * share)] ?? 0;
      // The rules live in Rust; this is only something to look at.
      const time = times.length < 5 ? null : { low: at(0.25), median: at(0.5), high: at(0.75), late: at(0.9) + 5000, steady: at(0.75) <= 2 * at(0.25) };
      return { time, steps: past.length < 3 ? null : 9 };
    },
    async runList(appId, before, limit) {
      const all = [...runs.values()].map((run) => run.head).filter((head) => appId === null || head.appId === appId).sort((a, b) => (a.id < b.id ? 1 : -1));
      const rest = before === null ? all : all.filter((head) => head.id < before);
      const page = rest.slice(0, limit);
      return structuredClone({ runs: page, next: rest.length > limit ? (page.at(-1)?.id ?? null) : null });
    },
    runUnfinished: async () => structuredClone([...runs.values()].map((run) => run.head).filter((head) => ['preparing', 'uploading', 'starting', 'running', 'stopping', 'out_of_contact', 'waiting', 'paused'].includes(head.status))),
    async runCheckAgain(id) {
      await wait(pace);
      const run = runOf(id);
      change(run, { head: { ...run.head, status: 'succeeded', error: null, finishedAt: Date.now() }, outputs: { digest: digestText } });
      return true;
    },
    async questionForm(id, place) {
      const question = runOf(id).questions[place];
      if (!question) throw failure('not_found');
      return questionForm(question);
    },
    async questionRead(id, place) {
      await wait(pace / 2);
      const question = runOf(id).questions[place];
      if (!question) throw failure('not_found');
      return structuredClone(question);
    },
    async questionCheck(id, place, entries) {
      const question = runOf(id).questions[place];
      return question ? [...check(questionForm(question), entries, staged), ...warnings(questionForm(question), entries, staged)] : [];
    },
    async questionAnswer(id, place, entries, action) {
      const run = runOf(id);
      const question = run.questions[place];
      if (!question) throw failure('not_found');
      const problems = check(questionForm(question), entries, staged).filter((problem) => problem.issue.code !== 'file_not_uploaded');
      if (problems.length > 0) throw failure('form_invalid', { problems });
      await forFiles(entries, `${id}/${place}`);
      await wait(pace);
      const title = question.form.actions.find((known) => known.id === action)?.title ?? action;
      const questions = run.questions.map((other, at) => (at === place ? { ...other, state: { state: 'answered' as const, at: Date.now(), action: title, content: '', here: true } } : other));
      change(run, { head: { ...run.head, status: 'succeeded', finishedAt: Date.now() }, questions, outputs: { digest: digestText } });
    },
    async questionStopAnswering(id, place) {
      cancelled.add(`${id}/${place}`);
    },
    questionChoose: (_run, _place, variable, ...texts) => chooseFiles('', variable, ...texts),
  };
}
