import { describe, expect, it } from 'vitest';
import type { View } from '../output/detect';
import { rising } from './align';
import { blocksOf, portions } from './blocks';
import { diffTexts, runsOf, shelves, type Row, type TextDiff } from './texts';
import { diffWords, wordsOf, type Piece } from './words';
import { atOnce, Work } from './work';

const compare = (left: string | null, right: string | null, view: View = 'document', work = new Work()): TextDiff =>
  atOnce(diffTexts(left === null ? null : { text: left, view }, right === null ? null : { text: right, view }, work));
const marked = (pieces: Piece[] | null) => (pieces ?? []).map(({ kind, text }) => (kind === 'same' ? text : kind === 'del' ? `[-${text}-]` : `{+${text}+}`)).join('');
const lines = ({ rows }: TextDiff) => rows.map(({ kind, pieces }) => `${kind}: ${marked(pieces)}`);
const words = (left: string, right: string) => marked(diffWords(left, right, new Work()));
const side = (pieces: Piece[], gone: 'del' | 'ins') => pieces.filter(({ kind }) => kind !== gone).map(({ text }) => text).join('');

describe('words', () => {
  it('are told apart in English, with numbers and signs as wholes', () => {
    expect(words('The notice period is 30 days.', 'The notice period is 60 days.')).toBe('The notice period is [-30-]{+60+} days.');
    expect(words('The fee is 180,000 a year.', 'The fee is 240,000 a year.')).toBe('The fee is [-180,000-]{+240,000+} a year.');
  });

  it('are told apart in Chinese, which sets no blanks between them', () => {
    expect(words('合同规定了费用的上限。', '合同规定了责任的上限。')).toBe('合同规定了[-费用-]{+责任+}的上限。');
    expect(words('请在合同中添加标准条款。', '请在合同中删除标准条款。')).toBe('请在合同中[-添加-]{+删除+}标准条款。');
  });

  it('are told apart where both stand in one sentence', () => {
    expect(words('客户 Northwind 的上限是 90 天。', '客户 Helvetia 的上限是 90 天。')).toBe('客户 [-Northwind-]{+Helvetia+} 的上限是 90 天。');
  });

  it('are characters of Chinese where the web view knows no words, and still words of English', () => {
    expect(wordsOf('责任 for 90 days 上限', null)).toEqual(['责', '任', ' ', 'for', ' ', '90', ' ', 'days', ' ', '上', '限']);
    expect(wordsOf('e\u0301te\u0301 \u{1f600}', null).join(''), 'nothing is lost').toBe('e\u0301te\u0301 \u{1f600}');
  });

  it('make up both texts again, whatever these are', () => {
    const texts = ['', ' ', 'a', 'abc \u0300X def', 'abc \u0300Y ghi', '\n\n a', '我有很多桌子。', '梅有很多儿子。', 'https://a.example/b?c=1&d=2', '\u{1f468}\u200d\u{1f469}\u200d\u{1f467} x', 'x\u0000y'];
    for (const left of texts) {
      for (const right of texts) {
        const pieces = diffWords(left, right, new Work());
        if (!pieces) continue;
        expect(side(pieces, 'ins'), `left of ${left} | ${right}`).toBe(left);
        expect(side(pieces, 'del'), `right of ${left} | ${right}`).toBe(right);
      }
    }
  });

  it('leave no crumbs between changes', () => {
    expect(words('It was signed by the old board in early March, as planned.', 'It was signed after long talks in late summer, as planned.')).toBe('It was signed [-by the old board in early March-]{+after long talks in late summer+}, as planned.');
  });

  it('do not count the blanks around them as changed', () => {
    expect(words('The draft should not be signed yet.', 'The agreement can be signed yet.')).toBe('The [-draft should not-]{+agreement can+} be signed yet.');
  });

  it('are not told apart where nearly nothing stayed', () => {
    expect(diffWords('Northwind sold the harbour to the city of Bern.', 'All engines were replaced because of rust.', new Work())).toBeNull();
  });
});

describe('paragraphs', () => {
  it('line up with those they were made of, by their numbers where they have some', () => {
    const diff = compare(
      'The draft should not be signed yet.\n\n**7.2** No liability cap. Add the standard clause.\n\n**11.1** 30 days’ notice. Change to 90 days.',
      'The draft can be signed.\n\n**7.2** Cap of 24 months of fees. Ask for standard wording.\n\n**7.4** No cap for data breaches. Add the standard clause.\n\n**11.1** 60 days’ notice. Change to 90 days.',
    );
    expect(diff.rows.map(({ left, right }) => [left?.text.slice(0, 4) ?? null, right?.text.slice(0, 4) ?? null])).toEqual([['The ', 'The '], ['7.2 ', '7.2 '], [null, '7.4 '], ['11.1', '11.1']]);
    expect(diff.differences).toBe(4);
    expect(lines(diff)[3]).toBe('changed: 11.1 [-30-]{+60+} days’ notice. Change to 90 days.');
  });

  it('are found again behind ones that were put before them', () => {
    const diff = compare('# One\n\nFirst words here.\n\nLast words here.', '# Zero\n\nQuite new.\n\n# One\n\nFirst words here.\n\nLast words there.');
    expect(lines(diff)).toEqual(['ins: {+Zero+}', 'ins: {+Quite new.+}', 'same: One', 'same: First words here.', 'changed: Last words [-here-]{+there+}.']);
  });

  it('keep the items of a list apart, and do not count a number that moved', () => {
    const diff = compare('1. Check the cap\n2. Check the notice', '1. Read it\n2. Check the cap\n3. Check the notice');
    expect(lines(diff)).toEqual(['ins: {+Read it+}', 'same: Check the cap', 'same: Check the notice']);
    expect(diff.rows[2]?.right?.mark).toBe('3.');
    expect(diff.rows[2]?.left?.mark).toBe('2.');
  });

  it('are rows of a table', () => {
    const diff = compare('| Clause | Limit |\n|---|---|\n| 7.2 | 12 |\n| 11.1 | 30 |', '| Clause | Limit |\n|---|---|\n| 7.2 | 12 |\n| 11.1 | 60 |');
    expect(lines(diff)).toEqual(['same: Clause │ Limit', 'same: 7.2 │ 12', 'changed: 11.1 │ [-30-]{+60+}']);
  });

  it('are lines of code, whose blanks count', () => {
    const diff = compare('Run it:\n\n```py\nif a:\n  b = 1\n```', 'Run it:\n\n```py\nif a:\n    b = 1\n```');
    expect(diff.rows.map(({ kind, left }) => [kind, left?.kind])).toEqual([['same', 'p'], ['same', 'code'], ['changed', 'code']]);
    expect(lines(diff)[2]).toContain('{+');
  });

  it('are lines where the text is none of Markdown', () => {
    expect(lines(compare('a;b\n1;2\n3;4', 'a;b\n1;5\n3;4', 'table'))).toEqual(['same: a;b', 'changed: [-1;2-]{+1;5+}', 'same: 3;4']);
  });

  it('say that only looks or links are others', () => {
    expect(compare('Sign **now** please.', 'Sign now please.').rows[0]?.kind).toBe('looks');
    expect(compare('See [it](https://a.example/x).', 'See [it](https://b.example/x).').rows[0]?.kind).toBe('looks');
    expect(compare('See [it](https://a.example/x?sign=1).', 'See [it](https://a.example/x?sign=2).').differences, 'a signature is made anew each time').toBe(0);
  });

  it('are all gone or new where one side has no text', () => {
    expect(lines(compare('One.\n\nTwo.', null))).toEqual(['del: [-One.-]', 'del: [-Two.-]']);
    expect(lines(compare('', 'One.'))).toEqual(['ins: {+One.+}']);
    expect(compare('Same.', 'Same.').differences).toBe(0);
  });

  it('of Chinese are cut into sentences where they are long', () => {
    const sentence = (n: number) => `第${n}条规定了服务的范围和费用的计算方法以及双方的权利和义务。`;
    const text = (other: number) => Array.from({ length: 120 }, (_, n) => (n === other ? '这一条是新写的，与以前的内容完全不同。' : sentence(n))).join('');
    const diff = compare(text(-1), text(60));
    expect(diff.differences, 'one sentence of them is another').toBe(1);
    expect(diff.rows.map(({ left }) => left?.text ?? '').join(''), 'nothing is lost').toBe(text(-1));
  });

  it('keep their looks beside the words that changed', () => {
    const [row] = compare('**7.2** No cap here.', '**7.2** A cap here.').rows as [Row];
    expect(runsOf(row, 'left')).toEqual([
      { kind: 'same', text: '7.2', as: ['b'] },
      { kind: 'same', text: ' ', as: [] },
      { kind: 'del', text: 'No', as: [] },
      { kind: 'same', text: ' cap here.', as: [] },
    ]);
    expect(runsOf(row, 'both').map(({ kind, text }) => `${kind} ${text}`)).toEqual(['same 7.2', 'same  ', 'del No', 'ins A', 'same  cap here.']);
  });
});

describe('what is the same', () => {
  it('is folded, but for what was opened', () => {
    const { rows } = compare('a\n\nb\n\nc\n\nd', 'a\n\nb\n\nx y z\n\nd');
    expect(shelves(rows, true, new Set()).map((shelf) => (shelf.kind === 'fold' ? `fold ${shelf.count}` : shelf.rows.length))).toEqual(['fold 2', 1, 'fold 1']);
    expect(shelves(rows, true, new Set([0])).map(({ kind }) => kind)).toEqual(['rows', 'rows', 'fold']);
    expect(shelves(rows, false, new Set())).toHaveLength(1);
  });
});

describe('large texts', () => {
  const word = (n: number) => `w${(n * 7919) % 997}`;
  const paragraph = (n: number, salt: number) => Array.from({ length: 60 }, (_, at) => ((at + n) % 9 === 0 && salt ? `x${salt}${at}` : word(n * 31 + at))).join(' ');
  const book = (salt: (n: number) => number) => Array.from({ length: 3200 }, (_, n) => paragraph(n, salt(n))).join('\n\n');

  /** The most that was done without a pause. */
  function measured(left: string, right: string, work = new Work()): { diff: TextDiff; compared: number; read: number; work: Work } {
    const steps = diffTexts({ text: left, view: 'document' }, { text: right, view: 'document' }, work);
    let [compared, read] = [0, 0];
    for (;;) {
      const before = { compared: work.compared, read: work.read };
      const step = steps.next();
      compared = Math.max(compared, work.compared - before.compared);
      read = Math.max(read, work.read - before.read);
      if (step.done) return { diff: step.value, compared, read, work };
    }
  }

  it('are compared in short pieces, all of them together within a bound', () => {
    const [left, right] = [book(() => 0), book((n) => (n % 3 === 0 ? 1 : 0))];
    expect(left.length, 'a text of a megabyte').toBeGreaterThan(800_000);
    const { diff, compared, read, work } = measured(left, right);
    expect(diff.rows).toHaveLength(3200);
    expect(diff.differences).toBe(1067);
    expect(diff.coarse).toBe(false);
    expect(compared, 'comparisons without a pause').toBeLessThan(400_000);
    expect(read, 'characters read without a pause').toBeLessThan(20_000);
    expect(work.compared).toBeLessThan(3_000_000);
  });

  it('are compared by paragraphs alone once it is too much, and say so', () => {
    const [left, right] = [book(() => 0), book(() => 1)];
    const { diff, work } = measured(left, right, new Work(400_000));
    expect(diff.coarse).toBe(true);
    expect(work.compared, 'it stops soon after').toBeLessThan(900_000);
    expect(diff.rows.every(({ left, right, pieces }) => (left === null || side(pieces, 'ins') === left.text) && (right === null || side(pieces, 'del') === right.text)), 'nothing is lost').toBe(true);
  });

  it('that have nothing in common cost no more', () => {
    const left = Array.from({ length: 8000 }, (_, n) => `a${n} b${n} c${n}`).join('\n\n');
    const right = Array.from({ length: 8000 }, (_, n) => `x${n} y${n} z${n}`).join('\n\n');
    const { compared, work } = measured(left, right);
    expect(compared).toBeLessThan(400_000);
    expect(work.compared).toBeLessThan(2_000_000);
  });

  it('without any line are cut, too', () => {
    const [left, right] = ['lorem ipsum dolor sit amet, '.repeat(20_000), `${'lorem ipsum dolor sit amet, '.repeat(20_000)}and more`];
    const { diff, compared, read } = measured(left, right);
    expect(diff.rows.map(({ left }) => left?.text ?? '').join('').replace(/\s+/g, ''), 'nothing is lost').toBe(left.replace(/\s+/g, ''));
    expect(read).toBeLessThan(40_000);
    expect(compared).toBeLessThan(400_000);
  });

  it('are cut between paragraphs, and a block of code goes on as one', () => {
    const code = `Before.\n\n\`\`\`js\n${'let a = 1;\n'.repeat(4000)}\`\`\`\n\nAfter.`;
    const parts = [...portions(code)];
    expect(parts.length).toBeGreaterThan(2);
    const blocks = atOnce(blocksOf(code, 'document', new Work()));
    expect(blocks.filter(({ kind }) => kind === 'code')).toHaveLength(4000);
    expect([blocks[0]?.text, blocks.at(-1)?.text]).toEqual(['Before.', 'After.']);
  });
});

describe('the longest way that rises', () => {
  it('leaves out what was moved', () => {
    expect(rising([[0, 3], [1, 0], [2, 1], [3, 4], [4, 2]])).toEqual([[1, 0], [2, 1], [4, 2]]);
    expect(rising([])).toEqual([]);
  });
});
