/** The fake's history: it really searches what it has, by simple parts of words. */
import type { Backend } from './backend';
import type { World } from './fake-world';
import type { Completion } from './gen/Completion';
import type { Hit } from './gen/Hit';
import type { PastRun } from './gen/PastRun';
import type { Question } from './gen/Question';
import type { Remarks } from './gen/Remarks';
import type { Run } from './gen/Run';
import type { RunFilter } from './gen/RunFilter';
import type { RunPart } from './gen/RunPart';
import type { RunStatus } from './gen/RunStatus';
import type { Search } from './gen/Search';
import type { Snippet } from './gen/Snippet';

type Methods = Pick<Backend, 'historyFind' | 'historyLast' | 'historyCounts' | 'historyNearby' | 'historyComplete' | 'runHits'>;

const fields = ['app:', 'status:', 'tag:'];
const statuses: RunStatus[] = ['succeeded', 'partly_succeeded', 'failed', 'stopped', 'unknown', 'running', 'waiting'];
/** Rust gives no more at once. */
const atMost = (limit: number) => Math.min(500, Math.max(1, limit));
const none = (): Remarks => ({ name: '', note: '', starred: false, reviewed: false, tags: [] });

interface Query {
  words: string[];
  fields: [string, string][];
}

/** Whether one letter more, less or other, or two that changed places, make one word of the other. */
function isNear(one: string, other: string): boolean {
  if (one === other || Math.min(one.length, other.length) < 3) return false;
  let from = 0;
  while (from < one.length && one[from] === other[from]) from++;
  const [a, b] = [one.slice(from), other.slice(from)];
  return a.slice(1) === b || a === b.slice(1) || a.slice(1) === b.slice(1) || (a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2));
}

export function queryOf(text: string): Query {
  const query: Query = { words: [], fields: [] };
  for (const [part] of text.toLowerCase().matchAll(/(?:\w+:)?"[^"]*"?|\S+/g)) {
    const [, name, value] = /^(app|status|tag):(.*)$/.exec(part) ?? [];
    if (name === undefined) query.words.push(part.replaceAll('"', ''));
    else if (value) query.fields.push([name, value.replaceAll('"', '')]);
  }
  return query;
}

/** A question as its record shows it. */
function askedOf({ form, state }: Question): string {
  const answer = state.state === 'answered' ? state : null;
  return [form.nodeTitle, answer?.content || form.content, answer?.action].filter(Boolean).join('\n');
}

/** What its server calls it is a place where one of the words is the beginning of that. */
export function placesOf(run: Run, remarks: Remarks, words: string[] = []): [RunPart, string][] {
  const id = run.head.server.runId ?? '';
  return [
    ...(words.some((word) => word.length >= 8 && id.startsWith(word)) ? [[{ part: 'run_id' }, id] satisfies [RunPart, string]] : []),
    ...run.questions.map((question): [RunPart, string] => [{ part: 'question', title: question.form.nodeTitle }, askedOf(question)]),
    [{ part: 'title' }, remarks.name || run.head.title],
    ...run.inputs.flatMap((input): [RunPart, string][] => [[input.isFiles ? { part: 'sent_file', label: input.label } : { part: 'input', variable: input.variable, label: input.label }, Array.isArray(input.value) ? input.value.join(', ') : String(input.value)]]),
    ...Object.entries(run.outputs).map(([variable, value]): [RunPart, string] => [{ part: 'output', variable }, typeof value === 'string' ? value : JSON.stringify(value)]),
    ...(Object.keys(run.outputs).length === 0 ? run.texts.map(({ text }): [RunPart, string] => [{ part: 'text' }, text]) : []),
    ...run.files.map((file): [RunPart, string] => [{ part: 'file', variable: file.variable }, file.name]),
    ...run.steps.map((step): [RunPart, string] => [{ part: 'step', step: step.id, title: step.title }, [step.inputs, step.outputs, step.error].filter(Boolean).map((value) => JSON.stringify(value)).join(' ')]),
    ...(run.head.error ? [[{ part: 'error' }, run.head.error.message ?? ''] satisfies [RunPart, string]] : []),
    [{ part: 'note' }, remarks.note],
    ...remarks.tags.map((tag): [RunPart, string] => [{ part: 'tag' }, tag]),
  ];
}

function snippetAt(place: RunPart, text: string, words: string[], at: number): Snippet {
  const from = Math.max(0, at - 60);
  const piece = `${from > 0 ? '…' : ''}${text.slice(from, at + 120)}${at + 120 < text.length ? '…' : ''}`.replace(/\s/g, ' ');
  const marks: [number, number][] = [];
  for (let here = 0; here < piece.length; here++) {
    const word = words.find((word) => piece.toLowerCase().startsWith(word, here));
    if (word === undefined) continue;
    marks.push([here, here + word.length]);
    here += word.length - 1;
  }
  return { place, text: piece, marks };
}

export function historyMethods(all: World): Methods {
  const { runs, apps, remarks, origins } = all;
  const said = (id: string) => remarks.get(id) ?? none();

  function hits(run: Run, words: string[], most: number): Hit[] {
    const found: Hit[] = [];
    for (const [place, text] of placesOf(run, said(run.head.id), words)) {
      const lower = text.toLowerCase();
      for (let at = 0; at < lower.length && found.length < most; at++) {
        const next = words.map((word) => lower.indexOf(word, at)).filter((at) => at >= 0);
        if (next.length === 0) break;
        at = Math.min(...next);
        const snippet = snippetAt(place, text, words, at);
        found.push({ snippet, words: snippet.marks.map(([from, to]) => ({ text: snippet.text.slice(from, to), goesOn: /^\w/.test(snippet.text.slice(to)) })) });
        at += 100;
      }
    }
    return found;
  }

  function meets(run: Run, { words, fields }: Query): boolean {
    const { head } = run;
    const texts = placesOf(run, said(head.id), words).map(([, text]) => text.toLowerCase());
    const app = apps.get(head.appId)?.branding.title.toLowerCase() ?? '';
    return (
      words.every((word) => texts.some((text) => text.includes(word))) &&
      fields.every(([name, value]) => (name === 'app' ? app.includes(value) : name === 'status' ? head.status.startsWith(value) : said(head.id).tags.some((tag) => tag.toLowerCase() === value)))
    );
  }

  const within = (value: number | null, least: number | null, most: number | null) => (least === null && most === null) || (value !== null && value >= (least ?? -Infinity) && value <= (most ?? Infinity));

  function passes({ head }: Run, filter: RunFilter, except?: keyof RunFilter): boolean {
    const { starred, reviewed, tags } = said(head.id);
    const rules: { [key in keyof RunFilter]?: boolean } = {
      apps: filter.apps.length === 0 || filter.apps.includes(head.appId),
      statuses: filter.statuses.length === 0 || filter.statuses.includes(head.status),
      origins: filter.origins.length === 0 || filter.origins.includes(origins.get(head.id) ?? 'here'),
      after: head.startedAt >= (filter.after ?? 0),
      before: head.startedAt < (filter.before ?? Infinity),
      minElapsed: within(head.elapsed, filter.minElapsed, filter.maxElapsed),
      minTokens: within(head.totalTokens, filter.minTokens, filter.maxTokens),
      reviewed: filter.reviewed === null || filter.reviewed === reviewed,
      starred: filter.starred === null || filter.starred === starred,
      tags: filter.tags.every((tag) => tags.includes(tag)),
    };
    return Object.entries(rules).every(([name, holds]) => name === except || holds);
  }

  const listed = ({ text }: Search) => {
    const query = queryOf(text);
    return [...runs.values()].filter((run) => meets(run, query)).sort((a, b) => (a.head.id < b.head.id ? 1 : -1));
  };

  function past(run: Run, words: string[]): PastRun {
    const { name, starred, reviewed, note, tags } = said(run.head.id);
    const origin = origins.get(run.head.id) ?? 'here';
    const snippet = words.length > 0 ? (hits(run, words, 50).find(({ snippet }) => snippet.place.part !== 'title')?.snippet ?? null) : null;
    return { head: run.head, origin, contents: origin === 'here' ? 'whole' : 'head', name, starred, reviewed, hasNote: note !== '', tags, snippet };
  }

  function counted<Key>(of: Key[]): [Key, number][] {
    const sums = new Map<Key, number>();
    for (const key of of) sums.set(key, (sums.get(key) ?? 0) + 1);
    return [...sums].sort((a, b) => b[1] - a[1]);
  }

  return {
    async historyFind(search, after, most) {
      const limit = atMost(most);
      const found = listed(search).filter((run) => passes(run, search.filter));
      const rest = after === null ? found : found.filter((run) => run.head.id < after);
      const { words } = queryOf(search.text);
      const remarks = [...search.text.matchAll(/\b(app|status|tag):(?=\s|$)/g)].map((match) => ({ kind: 'value_missing' as const, from: match.index, to: match.index + match[0].length }));
      return structuredClone({ runs: rest.slice(0, limit).map((run) => past(run, words)), next: rest.length > limit ? (rest[limit - 1]?.head.id ?? null) : null, remarks });
    },
    async historyLast(search, before, most) {
      const limit = atMost(most);
      const found = listed(search).filter((run) => passes(run, search.filter));
      const rest = before === null ? found : found.filter((run) => run.head.id > before);
      const page = rest.slice(-limit);
      return structuredClone({ runs: page.map((run) => past(run, queryOf(search.text).words)), next: rest.length > limit ? (page[0]?.head.id ?? null) : null, remarks: [] });
    },
    async historyCounts(search) {
      const found = listed(search);
      const but = (except?: keyof RunFilter) => found.filter((run) => passes(run, search.filter, except));
      return {
        total: but().length,
        apps: counted(but('apps').map(({ head }) => head.appId)),
        statuses: counted(but('statuses').map(({ head }) => head.status)),
        origins: counted(but('origins').map(({ head }) => origins.get(head.id) ?? 'here')),
        tags: counted(but('tags').flatMap(({ head }) => said(head.id).tags)),
        starred: but('starred').filter(({ head }) => said(head.id).starred).length,
        reviewed: but('reviewed').filter(({ head }) => said(head.id).reviewed).length,
        notReviewed: but('reviewed').filter(({ head }) => !said(head.id).reviewed).length,
      };
    },
    async historyNearby(search) {
      const found = (text: string) => listed({ ...search, text }).filter((run) => passes(run, search.filter));
      const texts = [...runs.values()].flatMap((run) => placesOf(run, said(run.head.id)).map(([, text]) => text.toLowerCase()));
      const known = [...new Set([...texts.flatMap((text) => text.match(/\p{L}+/gu) ?? []), ...statuses])];
      const proposed = new Set<string>();
      for (const [word] of search.text.matchAll(/\p{L}+/gu)) {
        if (texts.some((text) => text.includes(word.toLowerCase()))) continue;
        for (const near of known.filter((other) => isNear(word.toLowerCase(), other))) proposed.add(search.text.replace(word, near));
      }
      return [...proposed].filter((text) => found(text).length > 0).slice(0, 2);
    },
    async historyComplete(text, caret) {
      const from = text.lastIndexOf(' ', caret - 1) + 1;
      const typed = text.slice(from, caret).toLowerCase();
      const to = caret;
      const of = (label: string, field: string, kind: Completion['kind']): Completion => ({ text: `${field}${/\s/.test(label) ? `"${label}"` : label} `, from, to, label, kind });
      const [, field, value] = /^(app|status|tag):(.*)$/.exec(typed) ?? [];
      if (field === 'app') return [...apps.values()].map((app) => app.branding.title).filter((title) => title.toLowerCase().includes(value ?? '')).map((title) => of(title, 'app:', 'app'));
      if (field === 'status') return statuses.filter((status) => status.startsWith(value ?? '')).map((status) => of(status, 'status:', 'status'));
      if (field === 'tag') return [...new Set([...remarks.values()].flatMap(({ tags }) => tags))].sort().filter((tag) => tag.toLowerCase().startsWith(value ?? '')).map((tag) => of(tag, 'tag:', 'tag'));
      return typed === '' ? [] : fields.filter((field) => field.startsWith(typed)).map((field) => ({ text: field, from, to, label: field.slice(0, -1), kind: 'field' }));
    },
    async runHits(id, text) {
      const { words } = queryOf(text);
      return structuredClone(words.length === 0 ? [] : hits(all.runOf(id), words, 200));
    },
  };
}
