/**
 * A small backend in memory, for unit tests and for a plain browser (`npm run dev`, then `/?fake`).
 * It keeps the contract, not the looks of a server: rules and events behave like Rust's.
 */
import type { Backend, Entries } from './backend';
import { app as makeApp, askedQuestion, demoApps, digestText, questionForm } from './fake-data';
import type { App } from './gen/App';
import type { AppEvent } from './gen/AppEvent';
import type { Draft } from './gen/Draft';
import type { Failure } from './gen/Failure';
import type { FailureCode } from './gen/FailureCode';
import type { Field } from './gen/Field';
import type { NetworkSettings } from './gen/NetworkSettings';
import type { Filled } from './gen/Filled';
import type { Fitted } from './gen/Fitted';
import type { Form } from './gen/Form';
import type { FormChanges } from './gen/FormChanges';
import type { Preset } from './gen/Preset';
import type { Problem } from './gen/Problem';
import type { Run } from './gen/Run';
import type { RunPatch } from './gen/RunPatch';
import type { StagedFile } from './gen/StagedFile';
import type { Step } from './gen/Step';
import type { StepStatus } from './gen/StepStatus';

export interface FakeOptions {
  apps?: App[];
  runs?: Run[];
  drafts?: Record<string, Draft>;
  /** Milliseconds of a step; 0 in tests. */
  pace?: number;
  /** Commands that fail, by method name. */
  failing?: Partial<Record<keyof Backend, FailureCode>>;
}

export interface FakeBackend extends Backend {
  /** What Rust would tell the page, such as a drop. */
  emit(event: AppEvent): void;
  /** Methods called so far, with their arguments. */
  calls: [string, ...unknown[]][];
}

export function failure(code: FailureCode, more: Partial<Failure> = {}): Failure {
  return { code, message: `fake: ${code}`, detail: null, raw: null, subject: null, reason: null, wait: null, problems: [], ...more };
}

export function stagedFile(name: string, more: Partial<StagedFile> = {}): StagedFile {
  const extension = name.includes('.') ? (name.split('.').pop() ?? '').toLowerCase() : '';
  const kind = ['png', 'jpg', 'gif', 'webp'].includes(extension) ? 'image' : ['mp3', 'wav'].includes(extension) ? 'audio' : ['zip', 'log', 'json'].includes(extension) ? 'custom' : 'document';
  return { id: `file-${name}`, name, size: 2_400_000, extension, kind, state: { state: 'ready' }, since: 'same', ...more };
}

export function fakeBackend(options: FakeOptions = {}): FakeBackend {
  const pace = options.pace ?? 0;
  const apps = new Map((options.apps ?? []).map((app) => [app.id, app]));
  const runs = new Map((options.runs ?? []).map((run) => [run.head.id, run]));
  const staged = new Map<string, StagedFile>();
  const refills = new Map<string, Entries>();
  const drafts = new Map(Object.entries(options.drafts ?? {}));
  const presets = new Map<string, { appId: string; preset: Preset; entries: Entries; removed: boolean }>();
  const stopped = new Set<string>();
  const cancelled = new Set<string>();
  const calls: FakeBackend['calls'] = [];
  let network: NetworkSettings = { proxy: 'system', manual: { address: '', user: '', bypass: '' }, password: 'missing', certificates: null };
  let listener: (event: AppEvent) => void = () => undefined;
  let counter = 0;

  const emit = (event: AppEvent) => listener(structuredClone(event));
  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const appOf = (id: string): App => {
    const found = apps.get(id);
    if (!found) throw failure('not_found');
    return found;
  };
  const waitsForFiles = (entries: Entries) =>
    Object.values(entries).some(
      (entry) => entry?.kind === 'files' && entry.value.some((file) => file.kind === 'staged' && ['ready', 'uploading'].includes(staged.get(file.value)?.state.state ?? '')),
    );
  const runOf = (id: string): Run => {
    const found = runs.get(id);
    if (!found) throw failure('not_found');
    return found;
  };
  const save = (app: App): App => {
    apps.set(app.id, app);
    emit({ type: 'app_changed', app });
    return structuredClone(app);
  };

  function check(app: { form: Form }, entries: Entries): Problem[] {
    const problems: Problem[] = [];
    for (const field of app.form.fields) {
      const add = (issue: Problem['issue'], fileIndex: number | null = null) => problems.push({ variable: field.variable, fileIndex, issue, server: null });
      const text = textOf(field, entries);
      const { control } = field;
      if (control.type === 'file' || control.type === 'file_list') {
        const entry = entries[field.variable];
        const files = entry?.kind === 'files' ? entry.value : [];
        if (files.length === 0 && field.required) add({ code: 'required' });
        if (control.type === 'file_list' && files.length > control.maxCount) add({ code: 'too_many_files', max: control.maxCount });
        files.forEach((file, index): unknown => {
          if (file.kind === 'link') return /^https?:\/\/[^/]/.test(file.value) || add({ code: 'link_not_http' }, index);
          const known = staged.get(file.value);
          if (!known) return add({ code: 'file_missing' }, index);
          if (known.state.state === 'empty') return add({ code: 'file_empty' }, index);
          const custom = control.rules.kinds.includes('custom') && control.rules.extensions.includes(known.extension);
          if (control.rules.kinds.length > 0 && (known.kind === 'custom' || !control.rules.kinds.includes(known.kind)) && !custom) return add({ code: 'file_kind_refused', extension: known.extension }, index);
          if (known.size > app.form.limits.document) return add({ code: 'file_too_large', size: known.size, limit: app.form.limits.document }, index);
          return known.state.state === 'uploaded' || add({ code: 'file_not_uploaded' }, index);
        });
      } else if (control.type !== 'external' && control.type !== 'checkbox') {
        if (!text.trim()) {
          if (field.required && !field.hidden) add({ code: 'required' });
        } else if (control.type === 'text' || control.type === 'paragraph') {
          const length = [...text].length;
          if (control.maxLength && length > control.maxLength) add({ code: 'too_long', max: control.maxLength, length });
        } else if (control.type === 'number') {
          if (Number.isNaN(Number(text))) add({ code: 'not_a_number' });
        } else if (control.type === 'json') {
          try {
            if (typeof JSON.parse(text) !== 'object') add({ code: 'json_not_an_object' });
          } catch (error) {
            const position = Number(/position (\d+)/.exec(String(error))?.[1] ?? text.length);
            const before = text.slice(0, position).split('\n');
            add({ code: 'json_syntax', line: before.length, column: (before.at(-1)?.length ?? 0) + 1, fault: 'value' });
          }
        }
      }
    }
    return problems;
  }

  const presetOf = (id: string) => {
    const found = presets.get(id);
    if (!found) throw failure('not_found');
    return found;
  };

  function filled(entries: Entries): Filled {
    const ids = Object.values(entries).flatMap((entry) => (entry.kind === 'files' ? entry.value : [])).flatMap((file) => (file.kind === 'staged' ? [file.value] : []));
    const files = ids.map((id) => staged.get(id) ?? stagedFile(id, { id, state: { state: 'gone' }, since: 'gone' }));
    return structuredClone({ entries, changes: { fields: [], aside: [] }, files, revision: 0 });
  }

  /** New and gone fields only: the rule is Rust's (`model::changes`). */
  function refit(before: Form, now: Form, old: Entries, changes: FormChanges): Fitted {
    const has = (form: Form, variable: string) => form.fields.some((field) => field.variable === variable);
    const entries: Entries = {};
    const told: FormChanges = structuredClone(changes);
    for (const { variable, label } of now.fields) if (!has(before, variable)) told.fields.push({ variable, label, change: { kind: 'new' } });
    for (const { variable, label } of before.fields) if (!has(now, variable)) told.fields.push({ variable, label, change: { kind: 'gone' } });
    for (const [variable, entry] of Object.entries(old)) {
      if (has(now, variable)) entries[variable] = entry;
      else told.aside.push({ variable, label: before.fields.find((field) => field.variable === variable)?.label ?? variable, entry, why: { code: 'field_gone' } });
    }
    return structuredClone({ entries, changes: told });
  }

  function textOf(field: Field, entries: Entries): string {
    const entry = entries[field.variable];
    if (entry?.kind === 'text') return entry.value;
    return 'default' in field.control && typeof field.control.default === 'string' ? field.control.default : '';
  }

  function change(run: Run, patch: Partial<RunPatch>): void {
    if (patch.head) run.head = patch.head;
    for (const step of patch.steps ?? []) {
      run.steps = [...run.steps.filter((old) => old.id !== step.id), step].sort((a, b) => a.order - b.order);
    }
    for (const text of patch.texts ?? []) {
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
        id: `${run.head.id}-${order}`, nodeId: `node-${order}`, nodeType, title, status: 'running', order: order++, parent: null, round: null,
        roundsBegun: null, roundsTotal: null, startedAt: Date.now(), finishedAt: null, elapsed: null, tokens: null, price: null, currency: null,
        tries: [], inputs: { question: 'What is in it?', options: { deep: true, list: [1, 2, 3] } }, processData: null, outputs: null, error: null, agentLog: [], reasoning: '', ...more,
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
        { index: 0, variable: 'files', name: 'Digest of the office move.docx', extension: 'docx', mimeType: null, size: 48_000, local: 'stored' },
        { index: 1, variable: 'files', name: 'Findings.xlsx', extension: 'xlsx', mimeType: null, size: 12_000, local: 'fetching' },
      ],
    }, wish === 'partial' ? { cause: 'workflow', message: 'HTTP 503', step: 'Look up the company', reason: null, network: null } : null);
  }

  const methods: Backend = {
    async subscribe(onEvent) {
      listener = onEvent;
    },
    appList: async () => structuredClone([...apps.values()]),
    async appConnect(baseUrl, key, keepKey, plainHttp) {
      for (const stage of ['address', 'key', 'form', 'saving'] as const) {
        emit({ type: 'connect_stage', stage });
        await wait(pace * 2);
      }
      // A key `app-<code>` plays that failure.
      const code = key.replace(/^app-/, '') as FailureCode;
      if (code === 'not_dify') throw failure(code, { subject: `${baseUrl}/v1`, detail: '200 · text/html' });
      if (baseUrl.startsWith('http://') && plainHttp !== baseUrl) throw failure('plain_http', { subject: baseUrl });
      if (['proxy_unreachable', 'proxy_login_needed', 'proxy_login_refused', 'proxy_refused'].includes(code)) throw failure(code, { subject: 'proxy.example:3128' });
      if (['connect_timed_out', 'timed_out'].includes(code)) throw failure(code, { subject: '10' });
      if (code === 'not_workflow_app') throw failure(code, { subject: 'chat' });
      if (code === 'already_connected') throw failure(code, { subject: [...apps.keys()][0] ?? null });
      if (['unreachable', 'key_refused', 'certificate', 'keychain_missing', 'keychain_locked'].includes(code) && keepKey === 'keychain') throw failure(code, { detail: 'GET /info · 401' });
      return save(makeApp(`app-${apps.size + 1}`, 'Contract review', '', '#1f4e5f', 'Checks a contract against the company’s rules.', demoApps()[0]?.form.fields ?? [], { origin: 'server', baseUrl, key: keepKey }));
    },
    appConnectCancel: async () => undefined,
    async appConnectDemo() {
      await wait(pace);
      return demoApps().map(save);
    },
    appRefresh: async (id) => save({ ...appOf(id), refreshedAt: Date.now() }),
    appReplaceKey: async (id, _key, keepKey) => save({ ...appOf(id), key: keepKey }),
    appRemoveKey: async (id) => save({ ...appOf(id), key: 'missing' }),
    async appRemove(id) {
      apps.delete(id);
      emit({ type: 'app_removed', appId: id });
    },
    appSetOptions: async (id, options) => save({ ...appOf(id), options }),
    appSetUser: async (id, user) => save({ ...appOf(id), user }),
    networkSettings: async () => structuredClone(network),
    async networkSetProxy(proxy, manual) {
      if (/\s|\/./.test(manual.address.replace('://', ''))) throw failure('proxy_address_invalid');
      network = { ...network, proxy, manual };
      return structuredClone(network);
    },
    async networkSetPassword(password) {
      network = { ...network, password: password === '' ? 'missing' : 'keychain' };
      return structuredClone(network);
    },
    async networkAddCertificates() {
      network = { ...network, certificates: { fileName: 'northwind-ca.pem', certificates: [{ name: 'Northwind Office CA', expiresAt: Date.UTC(2031, 4, 3), expired: false }] } };
      return structuredClone(network);
    },
    async networkRemoveCertificates() {
      network = { ...network, certificates: null };
      return structuredClone(network);
    },
    formCheck: async (id, entries) => check(appOf(id), entries),
    formRefit: async (before, now, entries, changes) => refit(before, now, entries, changes),
    async draftRead(id) {
      const draft = drafts.get(id);
      if (!draft) return null;
      const { entries, changes } = refit(draft.form, appOf(id).form, draft.entries, draft.changes);
      return { ...filled(entries), changes, revision: draft.revision };
    },
    async draftSave(id, draft) {
      if (draft.revision > (drafts.get(id)?.revision ?? -1)) drafts.set(id, structuredClone(draft));
    },
    presetList: async (id) => structuredClone([...presets.values()].filter((kept) => kept.appId === id && !kept.removed).map((kept) => kept.preset)),
    async presetSave(appId, name, entries) {
      const before = [...presets.values()].find((kept) => kept.appId === appId && !kept.removed && kept.preset.name === name);
      if (before) before.removed = true;
      const preset: Preset = { id: `preset-${++counter}`, name, createdAt: Date.now(), usedAt: null };
      presets.set(preset.id, { appId, preset, entries: structuredClone(entries), removed: false });
      return { preset, replaced: before?.preset.id ?? null };
    },
    async presetRename(id, name) {
      presetOf(id).preset.name = name;
    },
    async presetRemove(id) {
      presetOf(id).removed = true;
    },
    async presetRestore(id) {
      const kept = presetOf(id);
      for (const other of presets.values()) if (other.appId === kept.appId && other.preset.name === kept.preset.name) other.removed = true;
      kept.removed = false;
      return structuredClone(kept.preset);
    },
    presetApply: async (id) => filled(presetOf(id).entries),
    async fileChoose(_app, variable) {
      const names = variable === 'attachment' ? ['Stamp page.png'] : ['Northwind–Helvetia MSA v4 (signed copy, scanned).pdf', 'Price sheet 2026.xlsx', 'Drafts.zip'];
      return names.map((name) => {
        const file = stagedFile(name, { id: `file-${++counter}` });
        staged.set(file.id, file);
        return structuredClone(file);
      });
    },
    async fileUpload(_app, id) {
      const file = staged.get(id);
      if (!file) throw failure('file_missing');
      for (let sent = 0; sent < file.size && pace > 0; sent += file.size / 8) {
        if (!staged.has(id)) throw failure('cancelled');
        emit({ type: 'file_changed', file: { ...file, state: { state: 'uploading', sent } } });
        await wait(pace / 4);
      }
      const done: StagedFile = { ...file, state: { state: 'uploaded', uploadFileId: `upload-${id}` } };
      staged.set(id, done);
      emit({ type: 'file_changed', file: done });
      return structuredClone(done);
    },
    async fileForget(id) {
      staged.delete(id);
    },
    async runStart(id, entries) {
      const app = appOf(id);
      const problems = check(app, entries).filter((problem) => problem.issue.code !== 'file_not_uploaded');
      if (problems.length > 0) throw failure('form_invalid', { problems });
      cancelled.delete(id);
      while (waitsForFiles(entries)) {
        await wait(1);
        if (cancelled.has(id)) throw failure('cancelled');
      }
      const inputs = app.form.fields.flatMap((field) => {
        const entry = entries[field.variable];
        if (!entry) return [];
        const value = entry.kind === 'files' ? entry.value.map((file) => (file.kind === 'link' ? file.value : (staged.get(file.value)?.name ?? ''))) : entry.value;
        return value === '' ? [] : [{ variable: field.variable, label: field.label, value, isFiles: entry.kind === 'files', hidden: field.hidden }];
      });
      const title = inputs.map((input) => (input.isFiles ? '' : String(input.value))).find(Boolean) ?? '';
      const run: Run = {
        head: {
          id: `run-${String(Date.now()).padStart(15, '0')}-${++counter}`, appId: id, title: title.slice(0, 80), status: 'starting', startedAt: Date.now(), finishedAt: null, elapsed: null,
          totalTokens: null, totalSteps: null, error: null, contact: null, server: { runId: null, taskId: null, workflowId: null, traceId: null },
        },
        inputs, steps: [], texts: [], outputs: {}, files: [], notices: [], questions: [], unknownEvents: [],
      };
      runs.set(run.head.id, run);
      refills.set(run.head.id, structuredClone(entries));
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
    async runList(appId, before, limit) {
      const all = [...runs.values()].map((run) => run.head).filter((head) => appId === null || head.appId === appId).sort((a, b) => (a.id < b.id ? 1 : -1));
      const rest = before === null ? all : all.filter((head) => head.id < before);
      const page = rest.slice(0, limit);
      return structuredClone({ runs: page, next: rest.length > limit ? (page.at(-1)?.id ?? null) : null });
    },
    runUnfinished: async () => structuredClone([...runs.values()].map((run) => run.head).filter((head) => ['preparing', 'uploading', 'starting', 'running', 'stopping', 'out_of_contact', 'waiting', 'paused'].includes(head.status))),
    async runRefill(id) {
      const kept = refills.get(id);
      if (kept) return filled(kept);
      // Of past runs only what was shown is known.
      const gone: StagedFile[] = [];
      const entries: Entries = {};
      for (const { variable, value, isFiles } of runOf(id).inputs) {
        if (!isFiles) entries[variable] = typeof value === 'boolean' ? { kind: 'flag', value } : { kind: 'text', value: String(value) };
        else if (Array.isArray(value)) {
          const files = value.map((name) => stagedFile(String(name), { id: `gone-${String(name)}`, size: 0, state: { state: 'gone' }, since: 'gone' }));
          gone.push(...files);
          entries[variable] = { kind: 'files', value: files.map((file) => ({ kind: 'staged', value: file.id })) };
        }
      }
      return { ...filled(entries), files: gone };
    },
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
      return question ? check({ form: questionForm(question) }, entries) : [];
    },
    async questionAnswer(id, place, entries, action) {
      const run = runOf(id);
      const question = run.questions[place];
      if (!question) throw failure('not_found');
      const problems = check({ form: questionForm(question) }, entries);
      if (problems.length > 0) throw failure('form_invalid', { problems });
      await wait(pace);
      const title = question.form.actions.find((known) => known.id === action)?.title ?? action;
      const questions = run.questions.map((other, at) => (at === place ? { ...other, state: { state: 'answered' as const, at: Date.now(), action: title, content: '', here: true } } : other));
      change(run, { head: { ...run.head, status: 'succeeded', finishedAt: Date.now() }, questions, outputs: { digest: digestText } });
    },
    questionChoose: (_run, _place, variable, ...texts) => methods.fileChoose('', variable, ...texts),
    runSaveText: async () => true,
    runFileSave: async () => true,
    runFileOpen: async () => undefined,
    runFileShow: async () => undefined,
    linkOpen: async () => undefined,
    startAgain: async () => undefined,
    about: async () => ({ version: '0.1.0', dataFolder: '/home/anna/.local/share/flowdeck', historySetAside: null, notSent: [] }),
    closeHeard: async () => undefined,
    closeAnswer: async () => undefined,
    traySay: async () => undefined,
    notifyRun: async () => undefined,
  };

  const recorded = Object.fromEntries(
    Object.entries(methods).map(([name, method]: [string, (...args: never[]) => Promise<unknown>]) => [
      name,
      async (...args: never[]) => {
        calls.push([name, ...args]);
        const code = options.failing?.[name as keyof Backend];
        if (code) throw failure(code);
        return method(...args);
      },
    ]),
  ) as unknown as Backend;
  return { ...recorded, emit, calls };
}

/** Some past runs, for a browser. */
export function pastRuns(count: number): Run[] {
  const statuses = ['succeeded', 'succeeded', 'failed', 'partly_succeeded', 'stopped', 'unknown'] as const;
  return Array.from({ length: count }, (_, index): Run => {
    const at = Date.now() - (index + 1) * 7_300_000;
    const status = statuses[index % statuses.length] ?? 'succeeded';
    return {
      head: {
        id: `run-${String(at).padStart(15, '0')}-0`, appId: index % 3 === 2 ? 'app-2' : 'app-1', title: index % 5 === 0 ? '会议纪要：2026 年第四季度预算' : `Supplier framework, Brückner & Söhne ${count - index}`,
        status, startedAt: at, finishedAt: at + 68_000, elapsed: 68.2, totalTokens: 6418, totalSteps: 14,
        error: status === 'failed' ? { cause: 'workflow', message: 'HTTP 503: Service Unavailable', step: 'Look up the company', reason: null, network: null } : null,
        contact: null, server: { runId: '8f0b2c1e', taskId: null, workflowId: null, traceId: null },
      },
      inputs: [{ variable: 'title', label: 'Title', value: 'Supplier framework', isFiles: false, hidden: false }, { variable: 'documents', label: 'Documents', value: ['Annex A – service levels.docx'], isFiles: true, hidden: false }],
      steps: [], texts: status === 'succeeded' ? [] : [{ source: 'a', text: 'The first part was written.' }],
      outputs: status === 'succeeded' ? { digest: digestText } : {}, files: [], notices: [], questions: [], unknownEvents: [],
    };
  });
}
