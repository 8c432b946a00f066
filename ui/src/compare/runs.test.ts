import { describe, expect, it } from 'vitest';
import type { Run } from '../ipc/gen/Run';
import type { JsonValue } from '../ipc/gen/serde_json/JsonValue';
import type { SentFile } from '../ipc/gen/SentFile';
import type { Step } from '../ipc/gen/Step';
import { compareRuns, type Comparison } from './comparison';
import { en } from '../text/en';
import { zh } from '../text/zh';
import { cellsOfPart, headOf } from './cells';
import { asPage } from './page';
import { diffSteps, merged, timesDiffer } from './steps';
import { diffFiles, diffValue, type Values } from './values';
import { atOnce, Work } from './work';

let ids = 0;

function step(nodeId: string, seconds: number, more: Partial<Step> = {}): Step {
  const order = ids++;
  return {
    id: `step-${order}`, nodeId, nodeType: 'llm', title: nodeId, status: 'succeeded', order, parent: null, round: null, predecessor: null, roundsBegun: null, roundsTotal: null,
    startedAt: 1000, finishedAt: 1000 + seconds * 1000, elapsed: seconds, tokens: null, price: null, currency: null, tries: [], inputs: null, processData: null, outputs: null, truncated: [],
    error: null, errorStrategy: null, completedReason: null, agentLog: [], reasoning: '', ...more,
  };
}

function run(more: Partial<Omit<Run, 'head'>> & { head?: Partial<Run['head']> } = {}): Run {
  return {
    inputs: [], steps: [], texts: [], outputs: {}, files: [], notices: [], questions: [], unknownEvents: [], ...more,
    head: {
      id: `run-${ids++}`, appId: 'app-1', title: '', status: 'succeeded', startedAt: 1000, finishedAt: 9000, elapsed: 8, totalTokens: null, totalSteps: null, error: null, contact: null,
      server: { runId: null, taskId: null, workflowId: null, traceId: null }, ...more.head,
    },
  };
}

const text = (variable: string, value: JsonValue) => ({ variable, label: variable.toUpperCase(), value, isFiles: false, hidden: false });
const compare = (left: Run, right: Run, sent: [SentFile[], SentFile[]] = [[], []]): Comparison => atOnce(compareRuns({ run: left, sent: sent[0] }, { run: right, sent: sent[1] }, new Work()));
const values = (left: JsonValue | undefined, right: JsonValue | undefined): Values => {
  const into: Values = { fields: [], texts: [] };
  atOnce(diffValue(left, right, ['out'], ['out'], into, new Work()));
  return into;
};
const differing = ({ fields }: Values) => fields.filter(({ same }) => !same).map(({ name, nameRight, left, right }) => [nameRight ? `${name} → ${nameRight}` : name, left, right]);

describe('values', () => {
  it('are held against each other place by place, whatever the order of the keys', () => {
    const { fields } = values({ a: 1, b: { c: 'x', d: [true] } }, { b: { d: [false], c: 'x' }, a: 2 });
    expect(fields.map(({ name, same }) => [name, same])).toEqual([['out.a', false], ['out.b.c', true], ['out.b.d', false]]);
    expect(differing(values({ n: 1 }, { n: 1.0 }))).toEqual([]);
    expect(differing(values({ n: 1 }, { n: '1' })), 'a number is no text').toEqual([['out.n', 1, '1']]);
  });

  it('may be missing on one side, and then each of their leaves is named', () => {
    expect(differing(values({ a: 1, b: { c: 2, d: 3 } }, { a: 1 }))).toEqual([['out.b.c', 2, undefined], ['out.b.d', 3, undefined]]);
    expect(differing(values(undefined, 'x'))).toEqual([['out', undefined, 'x']]);
    expect(differing(values(null, undefined)), 'nothing is another thing than null').toEqual([['out', null, undefined]]);
    expect(differing(values([], {}))).toEqual([['out', [], {}]]);
    expect(differing(values({ a: 1 }, 7))).toEqual([['out', { a: 1 }, 7]]);
  });

  it('of lists stand beside each other also behind what was put before them', () => {
    const one = { clause: '7.2', limit: 12 };
    const two = { clause: '11.1', limit: 30 };
    expect(differing(values([one, two], [{ clause: '1.1', limit: 1 }, one, two]))).toEqual([['out[0].clause', undefined, '1.1'], ['out[0].limit', undefined, 1]]);
    expect(differing(values([one, two], [one, { clause: '7.4', limit: 0 }, { clause: '11.1', limit: 60 }])), 'what was changed is not what was put before it').toEqual([
      ['out[1].clause', undefined, '7.4'],
      ['out[1].limit', undefined, 0],
      ['out[1].limit → out[2].limit', 30, 60],
    ]);
    expect(differing(values([one, two], [one, { clause: '11.1', limit: 60 }]))).toEqual([['out[1].limit', 30, 60]]);
    expect(differing(values([{ gone: [1, { x: 1 }] }, one, { clause: '11.1', limit: 30 }], [one, { clause: '11.1', limit: 60 }])).at(-1), 'each side has its own place').toEqual(['out[2].limit → out[1].limit', 30, 60]);
  });

  it('of short lists are one value', () => {
    expect(differing(values(['lease', 'move'], ['lease', 'network']))).toEqual([['out', ['lease', 'move'], ['lease', 'network']]]);
  });

  it('that are written down in a text are read', () => {
    expect(differing(values('{"risk": 7}', '{"risk": 3}'))).toEqual([['out.risk', 7, 3]]);
    expect(differing(values('{"risk": 7}', 'none')), 'as long as both are').toEqual([['out', '{"risk": 7}', 'none']]);
  });

  it('that are long texts are told apart by paragraphs', () => {
    const long = `${'Word after word stands here. '.repeat(8)}\n\nThe end.`;
    const { fields, texts } = values({ body: long }, { body: long.replace('The end', 'The beginning') });
    expect(fields).toEqual([]);
    expect(texts.map(({ name, diff }) => [name, diff.differences])).toEqual([['out.body', 1]]);
  });
});

describe('files', () => {
  const file = (name: string, size: number | null, ...knownAs: string[]) => ({ name, size, knownAs });

  it('of another name or size differ, and a size nobody knows is no difference', () => {
    expect(diffFiles([file('a.pdf', 1), file('b.pdf', 2), file('c.pdf', null)], [file('c.pdf', 3), file('b.pdf', 4), file('d.pdf', 5)])).toEqual([
      { name: 'a.pdf', nameRight: 'd.pdf', left: 1, right: 5, same: false, unsure: false },
      { name: 'b.pdf', nameRight: 'b.pdf', left: 2, right: 4, same: false, unsure: false },
      { name: 'c.pdf', nameRight: 'c.pdf', left: null, right: 3, same: true, unsure: true },
    ]);
    expect(diffFiles([], [file('d.pdf', 5)])).toEqual([{ name: 'd.pdf', nameRight: 'd.pdf', left: undefined, right: 5, same: false, unsure: false }]);
    expect(diffFiles([file('a', 1), file('a', 2)], [file('a', 1)]).map(({ same }) => same), 'two of the same name are two').toEqual([true, false]);
  });

  it('are the same only where it is known that they hold the same', () => {
    const told = (left: ReturnType<typeof file>, right: ReturnType<typeof file>) => diffFiles([left], [right]).map(({ same, unsure }) => [same, unsure])[0];
    expect(told(file('a.pdf', 1, 'copy 1', 'seen 2'), file('a.pdf', 1, 'seen 2'))).toEqual([true, false]);
    expect(told(file('a.pdf', null), file('a.pdf', null)), 'runs of a log have names only').toEqual([true, true]);
    expect(told(file('a.txt', 9), file('a.txt', 9)), 'another digit takes no more room').toEqual([true, true]);
    expect(told(file('a.txt', 9, 'copy 1'), file('a.txt', 9, 'copy 2')), 'nor does another copy').toEqual([true, true]);
  });
});

describe('steps', () => {
  const pairs = (left: Step[], right: Step[]) => atOnce(diffSteps(run({ steps: left }), run({ steps: right }), new Work()));
  const told = (left: Step[], right: Step[]) => pairs(left, right).map(({ step, round, level, left, right }) => [round ? `round ${round.number}` : step.nodeId, level, left?.ms ?? null, right?.ms ?? null]);

  it('are matched by the node they ran, in their order', () => {
    expect(told([step('a', 1), step('b', 2), step('d', 4)], [step('a', 1.5), step('c', 3), step('d', 4)])).toEqual([['a', 1, 1000, 1500], ['c', 1, null, 3000], ['b', 1, 2000, null], ['d', 1, 4000, 4000]]);
  });

  it('are matched by the round they ran in, and rounds by their number', () => {
    const each = (rounds: number[]) => {
      const container = step('each', 9, { nodeType: 'iteration', roundsBegun: rounds.length });
      return [container, ...rounds.map((seconds, round) => step('inner', seconds, { parent: container.id, round }))];
    };
    expect(told(each([1, 2]), each([1, 5, 3]))).toEqual([
      ['each', 1, 9000, 9000],
      ['round 0', 2, 1000, 1000],
      ['inner', 3, 1000, 1000],
      ['round 1', 2, 2000, 5000],
      ['inner', 3, 2000, 5000],
      ['round 2', 2, null, 3000],
      ['inner', 3, null, 3000],
    ]);
  });

  it('that ran more than once stand beside each other one by one', () => {
    expect(told([step('again', 1), step('again', 2)], [step('again', 3)])).toEqual([['again', 1, 1000, 3000], ['again', 1, 2000, null]]);
    expect(merged(['a', 'a'], ['a', 'a', 'a'], (item) => item).map(({ key, left, right }) => [key, left !== null, right !== null])).toEqual([['a', true, true], ['a#2', true, true], ['a#3', false, true]]);
  });

  it('differ in tries, states, outputs and in times that are worth a word', () => {
    const retried = step('http', 2, { tries: [{ number: 1, error: '503', elapsed: 0.5, at: 1600 }] });
    const [pair] = pairs([step('http', 2)], [retried]);
    expect([pair?.left?.tries, pair?.right?.tries, pair?.differs]).toEqual([1, 2, true]);
    expect(pairs([step('a', 2)], [step('a', 2, { status: 'exception' })])[0]?.differs).toBe(true);
    expect(pairs([step('a', 2, { outputs: { text: 'x', n: [1] } })], [step('a', 2, { outputs: { n: [1], text: 'x' } })])[0]?.otherOutputs).toBe(false);
    expect(pairs([step('a', 2, { outputs: { text: 'x' } })], [step('a', 2, { outputs: { text: 'y' } })])[0]?.otherOutputs).toBe(true);
    expect([timesDiffer(1000, 1050), timesDiffer(50, 140), timesDiffer(10_000, 10_900), timesDiffer(1000, 1200), timesDiffer(null, 1), timesDiffer(null, null)]).toEqual([false, false, false, true, true, false]);
  });
});

describe('two runs', () => {
  it('are said to be identical where only what they took is not the same', () => {
    const one = run({ inputs: [text('title', 'Lease')], outputs: { digest: 'Sign it.', risk: 3 }, head: { elapsed: 8 } });
    const other = run({ inputs: [text('title', 'Lease')], outputs: { risk: 3, digest: 'Sign it.' }, head: { elapsed: 9 } });
    const { identical, inputs, result, effort } = compare(one, other);
    expect(identical).toBe(true);
    expect([inputs.total, inputs.differing, result.total, result.differing]).toEqual([1, 0, 2, 0]);
    expect([effort.left.ms, effort.right.ms]).toEqual([8000, 9000]);
    expect(compare(one, run({ ...other, head: { status: 'failed' } })).identical, 'another end is a difference').toBe(false);
  });

  it('are compared by their fields, which count once each', () => {
    const { inputs } = compare(run({ inputs: [text('title', 'Lease'), text('value', 180_000), text('gone', 'x')] }), run({ inputs: [text('title', 'Lease'), text('value', 240_000), text('options', '{"deep": true, "list": [1, 2]}')] }));
    expect([inputs.total, inputs.differing]).toEqual([4, 3]);
    expect(inputs.fields.filter(({ same }) => !same).map(({ name }) => name)).toEqual(['VALUE', 'GONE', 'options.deep', 'options.list[0]', 'options.list[1]']);
  });

  it('say the size of a document that went in under the same name', () => {
    const files = { variable: 'doc', label: 'Document', value: ['a.pdf'], isFiles: true, hidden: false };
    const sent = (size: number | null, ...knownAs: string[]): SentFile[] => [{ index: 0, variable: 'doc', label: 'Document', name: 'a.pdf', extension: 'pdf', size, copy: 'none', reads: 'nowhere', link: null, knownAs }];
    const both = (left: SentFile[], right: SentFile[]) => compare(run({ inputs: [files] }), run({ inputs: [files] }), [left, right]);
    expect(both(sent(1), sent(2)).inputs.files).toEqual([{ variable: 'doc', label: 'Document', files: [{ name: 'a.pdf', nameRight: 'a.pdf', left: 1, right: 2, same: false, unsure: false }] }]);
    expect(both(sent(1), sent(2)).identical).toBe(false);
    expect(both(sent(1, 'copy 1'), sent(1, 'copy 1')).identical, 'one document, known by its copy').toBe(true);
    const unsure = both([], sent(1, 'copy 1'));
    expect([unsure.identical, unsure.inputs.differing, unsure.inputs.unsure], 'nobody says the same of what nobody compared').toEqual([false, 0, 1]);
    expect(headOf('Inputs', unsure.inputs, en)).toContain('were not compared');
    expect(cellsOfPart(unsure.inputs, zh)[0]?.note).toBe('名称相同，未对比内容');
    expect(cellsOfPart(both(sent(1), sent(1)).inputs, en)[0]?.note).toBe('same name and size; contents not compared');
    const link = (address: string): SentFile[] => [{ ...sent(null)[0]!, name: address, link: address }];
    const linked = (address: string) => run({ inputs: [{ ...files, value: [address] }] });
    expect(compare(linked('https://a.example/x'), linked('https://a.example/x'), [link('https://a.example/x'), link('https://a.example/x')]).identical, 'of a link its address went in').toBe(true);
  });

  it('of which only a list tells are not the same, though neither says anything', () => {
    const head = run({ notices: [{ code: 'only_head' }] });
    expect(compare(head, run({ notices: [{ code: 'only_head' }] })).identical).toBe(false);
  });

  it('put what was written until a failure beside the result of the other', () => {
    const body = `${'The review of the contract found this. '.repeat(6)}\n\nIt can be signed.`;
    const { result } = compare(run({ texts: [{ source: 'llm.text', text: body.slice(0, 120) }], head: { status: 'failed' } }), run({ outputs: { digest: body } }));
    expect(result.texts.map(({ name, missing }) => [name, missing])).toEqual([['', null]]);
    expect(result.differing).toBe(1);
  });

  it('are a page of their own, where words of theirs are only words', () => {
    const made = compare(run({ inputs: [text('title', '<b>Lease</b>')], outputs: { digest: 'One.\n\nTwo <script>alert(1)</script> stays.' } }), run({ inputs: [text('title', 'Move')], outputs: { digest: 'One.\n\nTwo goes.' } }));
    const page = new DOMParser().parseFromString(asPage(made, { left: 'Older', right: 'Newer' }, [], true, en), 'text/html');
    expect(page.querySelector('script')).toBeNull();
    expect([...page.querySelectorAll('del')].map((del) => del.textContent)).toContain('<b>Lease</b>');
    expect([...page.querySelectorAll('ins')].map((ins) => ins.textContent)).toContain('Move');
    expect(page.body.textContent, 'only what differs').not.toContain('One.');
    expect(new DOMParser().parseFromString(asPage(made, { left: '', right: '' }, [], false, en), 'text/html').body.textContent).toContain('One.');
  });

  it('name an output that only one of them has', () => {
    const { result } = compare(run({ outputs: { digest: 'A.' } }), run({ outputs: { digest: 'A.', risk: 3 } }));
    expect(result.fields.filter(({ same }) => !same)).toMatchObject([{ name: 'risk', left: undefined, right: 3 }]);
  });
});
