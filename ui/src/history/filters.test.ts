/** What narrows the list. */
import { describe, expect, it } from 'vitest';
import { en } from '../text/en';
import { zh } from '../text/zh';
import { dayOf, kindsIn, nothingChosen, spanOf, stateGroups, toggled, underWay, without } from './filters';
import { commandOf } from './keys';
import { kindSaid } from './said';
import { asRead, forRow, piecesOf } from './snippets';
import { sharedTags } from './tags';

const now = new Date(2026, 10, 21, 15, 30).getTime();
const at = (...parts: [number, number, number]) => new Date(...parts).getTime();

describe('times', () => {
  it('are whole days of this place', () => {
    expect(spanOf('today', now)).toEqual({ after: at(2026, 10, 21), before: null });
    expect(spanOf('week', now)).toEqual({ after: at(2026, 10, 15), before: null });
    expect(spanOf('month', now)).toEqual({ after: at(2026, 10, 1), before: null });
    expect(spanOf('lastMonth', now)).toEqual({ after: at(2026, 9, 1), before: at(2026, 10, 1) });
    expect(spanOf('lastMonth', at(2026, 0, 31)), 'in January it is of another year').toEqual({ after: at(2025, 11, 1), before: at(2026, 0, 1) });
    expect(spanOf({ from: '2026-11-01', to: '2026-11-30' }, now), 'the last day belongs to it').toEqual({ after: at(2026, 10, 1), before: at(2026, 11, 1) });
    expect(spanOf({ from: '', to: '2026-02-28' }, now)).toEqual({ after: null, before: at(2026, 2, 1) });
  });

  it('are another span tomorrow', () => {
    expect(spanOf('today', now + 86_400_000).after).toBe(at(2026, 10, 22));
  });

  it('that are none narrow nothing', () => {
    expect([dayOf('2026-02-30'), dayOf('yesterday'), dayOf('')]).toEqual([null, null, null]);
    expect(spanOf({ from: '2026-13-01', to: '' }, now)).toEqual({ after: null, before: null });
  });
});

describe('filters', () => {
  it('are named one by one, and each can be removed alone', () => {
    const chosen = { ...nothingChosen, statuses: ['failed' as const], minTokens: 100, starred: true, reviewed: false, tags: ['a'] };
    expect(kindsIn(chosen, 'today')).toEqual(['statuses', 'period', 'tags', 'starred', 'reviewed', 'tokens']);
    expect(kindsIn(without(chosen, 'tokens'), null)).toEqual(['statuses', 'tags', 'starred', 'reviewed']);
    expect(without(without(without(without(without(chosen, 'tokens'), 'statuses'), 'starred'), 'reviewed'), 'tags')).toEqual(nothingChosen);
  });

  it('take groups of states in and out together', () => {
    expect(toggled(['failed'], underWay)).toEqual(['failed', ...underWay]);
    expect(toggled(['failed', ...underWay], underWay)).toEqual(['failed']);
    const all = stateGroups.flatMap((group) => group.statuses);
    expect(new Set(all).size, 'each state is in one group').toBe(Object.keys(en.run.statuses).length);
  });

  it('are said in both languages, few by name and many by number', () => {
    const chosen = { ...nothingChosen, statuses: ['failed' as const, ...underWay], apps: ['1', '2', '3'], minElapsed: 5, maxElapsed: 60 };
    const name = (id: string) => `App ${id}`;
    expect(kindSaid('statuses', chosen, null, name, en)).toBe('Failed and Under way');
    expect(kindSaid('apps', chosen, null, name, en)).toBe('Apps: 3');
    expect(kindSaid('elapsed', chosen, null, name, en)).toBe('Duration 5 s–60 s');
    expect(kindSaid('statuses', chosen, null, name, zh)).toBe('失败和进行中');
    expect(kindSaid('period', chosen, { from: '2026-11-01', to: '' }, name, zh)).toBe('2026年11月1日 起');
    for (const kind of ['apps', 'statuses', 'origins', 'period', 'elapsed', 'tokens', 'starred', 'reviewed', 'tags'] as const) {
      const full = { ...chosen, origins: ['server' as const], minTokens: 1, tags: ['x'], starred: true, reviewed: true };
      expect(kindSaid(kind, full, 'week', name, en), kind).not.toBe('');
    }
  });
});

describe('small things', () => {
  it('marks stay in the text, in order and apart', () => {
    expect(piecesOf('the notice period', [[4, 10], [11, 17]]).map(({ text, marked }) => (marked ? `[${text}]` : text)).join('')).toBe('the [notice] [period]');
    expect(piecesOf('abc', [[1, 2], [1, 9], [5, 7]]).map(({ text, marked }) => (marked ? `[${text}]` : text)).join('')).toBe('a[b][c]');
    expect(piecesOf('', [])).toEqual([{ text: '', marked: false }]);
  });

  it('a row begins shortly before what was found, so that it is seen', () => {
    const text = 'The agreement can be signed after three changes, one of them the notice period.';
    const from = text.indexOf('notice');
    const row = forRow({ place: { part: 'text' }, text, marks: [[from, from + 6]] }, 300);
    expect(row.text).toBe('…changes, one of them the notice period.');
    expect(row.marks.map(([from, to]) => row.text.slice(from, to))).toEqual(['notice']);
    const early = { place: { part: 'text' as const }, text: 'a notice', marks: [[2, 8] as [number, number]] };
    expect(forRow(early, 300).text).toBe('a notice');
    const han = '合同审查要求在签署之前完成三项修改并由法务部门确认其中一项涉及终止合同的通知期限规定';
    const at = han.indexOf('通知期');
    const cut = forRow({ place: { part: 'text' }, text: han, marks: [[at, at + 3]] }, 300);
    expect(cut.marks.map(([from, to]) => cut.text.slice(from, to)), 'also where no blanks stand').toEqual(['通知期']);
  });

  it('no more of a row is drawn than it may have room for', () => {
    const cut = (text: string, marks: [number, number][], room: number) => forRow({ place: { part: 'text' }, text, marks }, room);
    expect(cut('the notice period', [[4, 10]], 17), 'all of it fits').toEqual({ text: 'the notice period', marks: [[4, 10]] });
    expect(cut('the notice period', [[4, 10], [11, 17]], 8), 'marks end where it does').toEqual({ text: 'the noti…', marks: [[4, 8]] });
    expect(cut('合同的通知期限', [[3, 6]], 9).text, 'Chinese is twice as wide').toBe('合同的通…');
    expect(cut('😀😀😀', [], 5).text, 'signs stay whole').toBe('😀😀…');
  });

  it('a piece of a document reads as it does where it is drawn', () => {
    const shown = (part: 'text' | 'output' | 'note', text: string, word: string) => {
      const from = text.indexOf(word);
      const place = part === 'output' ? { part, variable: 'digest' } : { part };
      const read = asRead({ place, text, marks: [[from, from + word.length]] });
      expect(read.marks.map(([from, to]) => read.text.slice(from, to)), 'the mark stays at its word').toEqual([word]);
      return read.text;
    };
    expect(shown('output', '## Summary The **lease** of the `hall` ends', 'lease')).toBe('Summary The lease of the hall ends');
    expect(shown('text', 'Dates | Date | What | |---|---| | 31 March | Lease ends |', 'Lease')).toBe('Dates Date What 31 March Lease ends ');
    expect(shown('text', 'The cap - as agreed - is #5 of 3 * 4', 'agreed'), 'what may be meant stays').toBe('The cap - as agreed - is #5 of 3 * 4');
    expect(shown('text', 'a ** b', '**'), 'what was looked for stays').toBe('a ** b');
    expect(shown('note', '**Ask** Legal', 'Legal'), 'a note is shown as it was written').toBe('**Ask** Legal');
  });

  it('tags of several runs are those of all and those of some', () => {
    expect(sharedTags([{ tags: ['b', 'a'] }, { tags: ['a'] }])).toEqual([{ tag: 'a', all: true }, { tag: 'b', all: false }]);
    expect(sharedTags([])).toEqual([]);
  });

  it('letters are commands only with Alt, because alone they begin a search', () => {
    const key = (key: string, more = {}) => commandOf({ key, code: '', ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, repeat: false, ...more });
    const alt = (letter: string, more = {}) => key(letter, { altKey: true, ...more });
    expect([alt('s'), alt('n'), alt('t'), key('F2'), key('Delete'), key(' '), key('Enter')]).toEqual(['star', 'note', 'tag', 'rename', 'delete', 'pick', 'open']);
    expect([key('S', { shiftKey: true }), key('s', { ctrlKey: true }), key('s'), key('x'), key('Backspace'), alt('ArrowLeft')], 'others are for the search, or for the window').toEqual([null, null, null, null, null, null]);
    expect(alt('ß', { code: 'KeyS' }), 'as a Mac names it').toBe('star');
    expect([key('a', { ctrlKey: true }), key('Backspace', { metaKey: true })]).toEqual(['all', 'delete']);
  });
});
