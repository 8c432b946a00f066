/** Apps and texts of the in-memory backend. */
import type { App } from './gen/App';
import type { Control } from './gen/Control';
import type { Field } from './gen/Field';
import type { Form } from './gen/Form';
import type { HumanInput } from './gen/HumanInput';
import type { Question } from './gen/Question';
import type { Run } from './gen/Run';

const megabyte = 1024 * 1024;

function field(variable: string, label: string, control: Field['control'], more: Partial<Field> = {}): Field {
  return { variable, label, required: false, hidden: false, hint: null, placeholder: null, control, ...more };
}

function form(fields: Field[]): Form {
  return {
    fields,
    limits: { document: 15 * megabyte, image: 10 * megabyte, audio: 50 * megabyte, video: 100 * megabyte, filesPerField: 10 },
  };
}

export function app(id: string, title: string, icon: string, background: string, description: string, fields: Field[], more: Partial<App> = {}): App {
  return {
    id,
    origin: 'demo',
    baseUrl: '',
    branding: {
      title,
      untitled: false,
      description,
      icon: icon ? { kind: 'emoji', value: icon } : { kind: 'initial' },
      iconBackground: background,
      copyright: null,
      privacyPolicy: null,
      customDisclaimer: null,
      defaultLanguage: 'en-US',
      showWorkflowSteps: true,
      tags: ['demo'],
      author: null,
    },
    givenName: null,
    serverTitle: title,
    form: form(fields),
    key: 'session',
    user: 'flowdeck-demo',
    options: { workflowId: null, responseMode: 'streaming' },
    speech: null,
    serverVersion: '1.12.1',
    abilities: [
      { capability: 'server_log', support: 'yes', knownBy: 'answer', missing: null },
      { capability: 'resume_stream', support: 'no', knownBy: 'version', missing: { kind: 'older', since: '1.14', exact: true } },
    ],
    refreshedAt: Date.now(),
    runCount: 0,
    ...more,
  };
}

export function demoApps(): App[] {
  const digest = app(
    'app-1',
    'Document digest',
    '📑',
    '#E4F1E9',
    'Reads documents and writes a one-page digest: keywords, central sentences, dates and figures.',
    [
      field('documents', 'Documents', { type: 'file_list', rules: { kinds: ['document', 'custom'], extensions: ['log', 'json'], methods: ['local_file'] }, maxCount: 10 }, { hint: 'PDF, Word, Excel, e-mail, text; up to 10 files of 15 MB' }),
      field('text', 'Or paste text here', { type: 'paragraph', maxLength: 200000, default: '' }, { placeholder: 'Paste a letter, a report, minutes…' }),
      field('title', 'Title', { type: 'text', maxLength: 80, default: '' }, { placeholder: 'Found in the documents if left empty' }),
      field('length', 'Length', { type: 'select', options: ['short', 'medium', 'long'], default: 'medium' }),
      field('keywords', 'Number of keywords', { type: 'number', default: '12', unit: null }, { hint: '3 to 30' }),
    ],
  );
  digest.branding.customDisclaimer = 'Sentences are quoted from your documents, not written anew. Check figures against the original.';
  digest.branding.copyright = '© 2026 The sample makers';
  digest.branding.privacyPolicy = 'https://example.org/privacy';
  const controls = app('app-2', 'Every control', '🎛️', '#FCEBD6', 'Shows one field of every kind and, when it runs, steps of every kind.', [
    field('name', 'Short text', { type: 'text', maxLength: 48, default: '' }, { required: true, placeholder: 'At most 48 characters', hint: 'A required line of text' }),
    field('notes', 'Paragraph', { type: 'paragraph', maxLength: 2000, default: '' }),
    field('department', 'Select', { type: 'select', options: ['Administration', 'Human Resources', 'Legal', '财务部'], default: null }, { required: true }),
    field('country', 'Long select', { type: 'select', options: ['Austria', 'Belgium', 'Croatia', 'Denmark', 'Estonia', 'Finland', 'France', 'Germany', 'Greece', 'Hungary', 'Ireland', 'Italy', 'Latvia', 'Malta', 'Poland'], default: null }),
    field('amount', 'Number', { type: 'number', default: '', unit: 'EUR' }),
    field('urgent', 'Checkbox', { type: 'checkbox', default: false }, { hint: 'Goes on top of the pile.' }),
    field('address', 'JSON object', { type: 'json', schema: null, default: '' }, { required: true }),
    field('attachment', 'One file', { type: 'file', rules: { kinds: ['image', 'document'], extensions: [], methods: ['local_file', 'remote_url'] } }),
    field('record', 'External data', { type: 'external' }),
    field('colour', 'A type of the future', { type: 'unknown', typeName: 'color-picker', default: '' }),
    field('reference', 'Hidden reference', { type: 'text', maxLength: 48, default: 'hidden-default' }, { hidden: true }),
    field('pace', 'Seconds per step', { type: 'number', default: '0.5', unit: null }, { hint: '0 is as fast as possible' }),
    field('events', 'What should happen', { type: 'select', options: ['everything', 'success', 'partial', 'failure', 'waiting', 'paused', 'out_of_contact', 'unknown'], default: 'everything' }),
  ]);
  return [digest, controls];
}

export const digestText = `<think>The text is short. A digest of three parts is enough.</think>
# Digest: office move

The office moves on **1 March 2027**. The lease for the new rooms is signed, the removal firm is not chosen yet.

## What matters

1. **Lease (clause 4).** The rent is 18,400 EUR a month for five years. It can be ended after three years.
2. **Removal.** Two offers are in, the third is expected by 5 December.
3. **Network.** The line must be ordered twelve weeks before the move.

| Item | Who | Until |
|---|---|---|
| Third offer | Facility team | 5 Dec |
| Order the line | IT | 4 Dec |
| Tell the works council | HR | 10 Dec |

> “The tenant returns the old rooms in white and swept clean by 31 March 2027.”

### For the register

\`\`\`json
{ "move": "2027-03-01", "rent_eur": 18400, "open_items": 3 }
\`\`\`

See [the plan](https://example.org/plan) for the rest. 中文摘要：办公室将于 2027 年 3 月 1 日搬迁。
`;

/** A question with every kind of input. */
export function askedQuestion(): Question {
  const input = (kind: string, name: string, more: Partial<HumanInput> = {}): HumanInput => ({
    kind, name, default: null, options: null, allowedFileTypes: [], allowedFileExtensions: [], allowedUploadMethods: [], mostFiles: null, ...more,
  });
  return {
    askedAt: Date.now(),
    state: { state: 'open' },
    form: {
      formId: 'form-1', token: 'token-1', nodeId: 'ask', nodeTitle: 'Does Legal approve this review?',
      content: 'Contract value **240,000 EUR**, three deviations from the rules.\n\nComment: {{#$output.comment#}}\n\nPriority: {{#$output.priority#}}',
      inputs: [input('paragraph', 'comment'), input('select', 'priority', { options: { kind: 'constant', value: ['normal', 'urgent'] } }), input('file-list', 'other_papers', { mostFiles: 3 })],
      actions: [{ id: 'approve', title: 'Approve', style: 'primary' }, { id: 'revise', title: 'Ask for changes', style: 'default' }, { id: 'reject', title: 'Reject', style: 'ghost' }],
      defaults: {}, expiresAt: Date.now() + 26 * 3_600_000, displayInUi: true, approvalChannels: [],
    },
  };
}

/** Rust's `model::answer::form`, as far as the question above needs it. */
export function questionForm(question: Question): Form {
  const fields = question.form.inputs.map((input): Field => {
    const label = input.name.replaceAll('_', ' ').replace(/^./, (letter) => letter.toUpperCase());
    const options = input.options?.kind === 'constant' && Array.isArray(input.options.value) ? input.options.value.map(String) : [];
    const rules = { kinds: [], extensions: [], methods: ['local_file' as const, 'remote_url' as const] };
    const control: Control = input.kind === 'select' ? { type: 'select', options, default: null } : input.kind === 'file' ? { type: 'file', rules } : input.kind === 'file-list' ? { type: 'file_list', rules, maxCount: input.mostFiles ?? 10 } : { type: 'paragraph', maxLength: null, default: '' };
    return { variable: input.name, label, required: input.kind === 'select' || input.kind === 'file', hidden: false, hint: null, placeholder: null, control };
  });
  return form(fields);
}

/** Some past runs, for a browser. */
export function pastRuns(count: number): Run[] {
  const statuses = ['succeeded', 'succeeded', 'failed', 'partly_succeeded', 'stopped', 'unknown'] as const;
  return Array.from({ length: count }, (_, index): Run => {
    const at = Date.now() - (index + 1) * 7_900_000;
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
