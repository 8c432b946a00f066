/** The search in a page, and the way to what was found. */
import { tick } from 'svelte';
import { describe, expect, it } from 'vitest';
import type { Backend } from '../ipc/backend';
import { failure, pastRuns } from '../ipc/fake';
import type { HumanForm } from '../ipc/gen/HumanForm';
import type { Run } from '../ipc/gen/Run';
import { ran } from '../timeline/step-made';
import { words } from '../text/words.svelte';
import { all, current, desk, one, open, press, rows, seen, show, test, type, withWindow } from './page-made';

const emptyForm: HumanForm = { formId: null, token: null, nodeId: 'n', nodeTitle: '', content: '', inputs: [], actions: [], defaults: {}, expiresAt: null, displayInUi: null, approvalChannels: [] };

withWindow();

describe('the search', () => {
  it('finds while one types, marks the words, and says how many there are', async () => {
    await show();
    await type(test('history-search'), 'mont');
    await seen(() => all('.sn mark').map((mark) => mark.textContent)[0]).toBe('mont');
    await seen(() => one(test('history-count')).textContent).toMatch(/runs found/);
    await type(test('history-search'), 'no such word');
    await seen(() => one(test('history-empty')).textContent).toContain('Nothing found for “no such word”');
    expect(document.activeElement, 'one can go on typing').toBe(one(test('history-search')));
  });

  it('is gone to with / and Ctrl F, and by any letter', async () => {
    await show();
    await press('/');
    expect(document.activeElement).toBe(one(test('history-search')));
    await press('Escape');
    expect(document.activeElement, 'and left with Esc').toBe(one('.hist-list'));
    await press(['f', { ctrlKey: true }], 'ArrowDown', 's');
    expect(document.activeElement).toBe(one(test('history-search')));
    expect(desk.finder(null).text).toBe('s');
    expect(desk.finder(null).rows.some((row) => row.starred), 'which changes nothing').toBe(false);
  });

  it('offers ways to go on with a field, taken with Tab', async () => {
    await show();
    const box = one(test('history-search')) as HTMLInputElement;
    await type(test('history-search'), 'sta');
    box.setSelectionRange(3, 3);
    await seen(() => all(test('completion')).length).toBe(1);
    expect([box.getAttribute('role'), box.getAttribute('aria-expanded')]).toEqual(['combobox', 'true']);
    await press('Tab');
    expect(box.value).toBe('status:');
    await seen(() => all(test('completion')).length).toBeGreaterThan(4);
    await press('ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter');
    expect(box.value).toBe('status:failed ');
    await seen(() => all(test('history-row')).every((row) => row.dataset['status'] === 'failed')).toBe(true);
    expect(box.getAttribute('aria-expanded')).toBe('false');
  });

  it('offers no field for a single letter', async () => {
    const backend = await show();
    const asked = (text: string) => backend.calls.some(([name, about]) => name === 'historyComplete' && about === text);
    await type(test('history-search'), 'a');
    await seen(() => asked('a')).toBe(true);
    for (let turn = 0; turn < 5; turn++) await tick();
    expect(all(test('completion')), 'most words begin with one').toEqual([]);
    await type(test('history-search'), 'ap');
    await seen(() => all(test('completion')).length).toBeGreaterThan(0);
  });

  it('goes on with what is typed by then, not with what was typed before', async () => {
    await show();
    const box = one(test('history-search')) as HTMLInputElement;
    const typeAnd = (text: string, ...keys: string[]) => {
      box.focus();
      box.value = text;
      box.setSelectionRange(text.length, text.length);
      box.dispatchEvent(new Event('input', { bubbles: true }));
      for (const key of keys) box.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    };
    typeAnd('st');
    await seen(() => all(test('completion')).length).toBe(1);
    typeAnd('sta', 'Tab');
    await seen(() => box.value, 'nothing of what was typed is left behind it').toBe('status:');
    await seen(() => all(test('completion')).length).toBeGreaterThan(4);
    typeAnd('status:s', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter');
    await seen(() => box.value, 'the one that was gone to, wherever it stands now').toBe('status:stopped ');
  });

  it('says what narrows it, and what is hidden by filters', async () => {
    await show();
    one(`${test('filter-states')} [data-value="failed"]`).click();
    await seen(() => all(test('history-row')).every((row) => row.dataset['status'] === 'failed')).toBe(true);
    expect(one(test('active-filters')).textContent).toContain('Failed');
    await type(test('history-search'), 'mont');
    await seen(() => all(test('history-empty')).length).toBe(1);
    await seen(() => one(test('history-empty')).textContent, 'the words are in runs that did not fail').toMatch(/also hide \d+ runs/);
    one(`${test('history-empty')} ${test('clear-filters')}`).click();
    await seen(() => rows().length).toBeGreaterThan(0);
    expect(desk.finder(null).text, 'the words stay').toBe('mont');
  });

  it('says of numbers that only a part was counted, in either language and to readers', async () => {
    let counted: number | undefined = 12;
    await show({}, (backend) => ({ ...backend, historyCounts: async (search) => ({ ...(await backend.historyCounts(search)), ...(counted === undefined ? {} : { counted }) }) }));
    const numbers = () => [...all(`${test('filter-states')} .n`), ...all('.checks .tiny, [data-testid="filter-more"] ~ [role="dialog"] .tiny.faint')].map((number) => number.textContent.trim());
    const visible = () => all(`${test('filter-states')} [data-value="all"] .n [aria-hidden="true"]`).map((number) => number.textContent);
    await seen(() => numbers().length).toBeGreaterThan(3);
    // Rows are there before anything was counted.
    await seen(visible).toEqual(['12+']);
    for (const menu of ['filter-apps', 'filter-more']) {
      one(test(menu)).click();
      await tick();
      expect(numbers().length).toBeGreaterThan(7);
      for (const number of numbers()) expect(number, `${menu}: of none so far nothing is said`).toMatch(/^([1-9]\d*\+ at least \d+)?$/);
      await press('Escape');
    }
    words.language = 'zh';
    await tick();
    expect(numbers()[0]).toBe('12+ 至少 12');
    words.language = 'en';
    one(`${test('filter-states')} [data-value="failed"]`).click();
    await type(test('history-search'), 'mont');
    await seen(() => one(test('history-empty')).textContent).toMatch(/also hide at least \d+ runs/);
    counted = undefined;
    one(`${test('history-empty')} ${test('clear-filters')}`).click();
    await seen(() => numbers()[0]).toMatch(/^\d+$/);
  });

  it('says of a bound that is no number how it is written, and does not narrow by it', async () => {
    await show();
    one(test('filter-more')).click();
    await tick();
    const least = () => one(test('filter-duration-least')) as HTMLInputElement;
    const write = async (text: string) => {
      least().value = text;
      least().dispatchEvent(new Event('change', { bubbles: true }));
      await tick();
    };
    await write('long');
    expect([least().getAttribute('aria-invalid'), document.getElementById(least().getAttribute('aria-describedby') ?? '')?.textContent]).toEqual(['true', 'Use digits, for example 90.']);
    expect(desk.finder(null).kinds).toEqual([]);
    await write('90');
    expect([least().getAttribute('aria-invalid'), desk.finder(null).chosen.minElapsed]).toEqual([null, 90]);
    await write('long');
    await press('Escape');
    one(test('filter-more')).click();
    await tick();
    expect([least().value, least().getAttribute('aria-invalid')], 'what holds is shown again').toEqual(['90', null]);
    // Without a pointer, as a reader's software clicks: the panel stays open.
    const most = () => one(test('filter-duration-most')) as HTMLInputElement;
    for (const clear of [`${test('active-filters')} ${test('clear-filters')}`, `${test('active-filters')} [data-value="elapsed"]`]) {
      await write('90');
      most().value = 'longer';
      most().dispatchEvent(new Event('change', { bubbles: true }));
      await tick();
      expect([most().value, most().getAttribute('aria-invalid')], 'one that narrows, one that does not').toEqual(['longer', 'true']);
      one(clear).click();
      await tick();
      expect([least(), most()].map((end) => [end.value, end.getAttribute('aria-invalid')]), `${clear}: nothing stays written`).toEqual([['', null], ['', null]]);
      expect(all(`${test('filter-more')} ~ [role="dialog"] [role="alert"]`), 'nor said').toEqual([]);
    }
    await write('90');
    most().value = 'longer';
    most().dispatchEvent(new Event('change', { bubbles: true }));
    one(test('filter-starred')).click();
    await tick();
    expect([least().value, most().value, most().getAttribute('aria-invalid')], 'another filter leaves it to be put right').toEqual(['90', 'longer', 'true']);
  });

  it('takes a bound as written also where a click elsewhere closes its panel', async () => {
    await show();
    one(test('filter-more')).click();
    await tick();
    const least = one(test('filter-duration-least')) as HTMLInputElement;
    // As browsers do, which jsdom does not: a field that is left says what was written, one that is taken away says nothing.
    least.addEventListener('blur', () => least.isConnected && least.dispatchEvent(new Event('change', { bubbles: true })));
    least.focus();
    least.value = '90';
    one('.hist-list').dispatchEvent(new Event('pointerdown', { bubbles: true }));
    await tick();
    expect([all(test('filter-duration-least')).length, desk.finder(null).chosen.minElapsed]).toEqual([0, 90]);
  });

  it('keeps the place of each filter while numbers come and go', async () => {
    let answer = () => undefined as void;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const counts = (backend: Backend): Backend => ({ ...backend, historyCounts: async (search) => (await answered, backend.historyCounts(search)) });
    await show({ runs: pastRuns(1200) }, counts);
    const bar = () => one('.find-filters');
    const chips = () => all(`${test('filter-states')} .chip`).map((chip) => [chip.dataset['value'], chip.querySelector<HTMLElement>('.n')?.style.getPropertyValue('--most')]);
    expect(rows().length, 'the runs do not wait').toBeGreaterThan(0);
    expect(bar().classList.contains('uncounted'), 'what is not known yet is not offered').toBe(true);
    answer();
    await seen(() => bar().classList.contains('uncounted')).toBe(false);
    const before = chips();
    expect(before.slice(0, 5).map(([value]) => value)).toEqual(['all', 'succeeded', 'partly_succeeded', 'failed', 'stopped']);
    expect(before[0]?.[1], 'room for 1,200').toBe('5');
    await type(test('history-search'), 'no such word');
    await seen(() => one(`${test('filter-states')} [data-value="all"] .n`).textContent).toBe('0');
    expect(chips(), 'none of them goes, none gets narrower').toEqual(before);
    expect(bar().classList.contains('uncounted')).toBe(false);
  });

  it('leads back to the list when it can be read again', async () => {
    let fails = false;
    await show({}, (backend) => ({ ...backend, historyFind: (...given) => (fails ? Promise.reject(failure('internal')) : backend.historyFind(...given)) }));
    fails = true;
    await type(test('history-search'), 'supplier');
    await seen(() => all(test('failure')).length).toBe(1);
    fails = false;
    one(test('find-again')).focus();
    one(test('find-again')).click();
    await seen(() => all(test('failure')).length).toBe(0);
    await seen(() => document.activeElement === one('.hist-list')).toBe(true);
  });

  it('shows that something is under way only where it takes long, and nothing of it where it failed', async () => {
    let release: () => void = () => undefined;
    const waits = new Promise<void>((resolve) => (release = resolve));
    await open({ runs: pastRuns(3) }, (backend) => ({ ...backend, historyFind: async () => (await waits, Promise.reject(failure('internal'))) }));
    expect(all('.skeleton')).toEqual([]);
    await seen(() => all('.skeleton').length).toBe(1);
    expect(one('.skeleton').closest('[role="status"]')?.getAttribute('aria-label')).toBe('Loading');
    release();
    await seen(() => all(test('failure')).length).toBe(1);
    expect(all('.skeleton')).toEqual([]);
  });

  it('says nothing was run yet where nothing was', async () => {
    await show({ runs: [] });
    expect(one(test('history-empty')).textContent).toContain('No runs yet');
  });

  it('is there in Chinese, too', async () => {
    await show();
    words.language = 'zh';
    await tick();
    expect(one('h1').textContent).toBe('全部运行');
    expect(one(test('history-search')).getAttribute('aria-label')).toBe('搜索全部运行');
  });
});

describe('a run that was found', () => {
  const found = (): Run[] => {
    const [run] = pastRuns(1);
    if (!run) throw new Error('no run');
    run.head.title = 'The removal';
    run.steps = [ran('Read', 0, 10), { ...ran('Look up', 10, 20), order: 1, outputs: { text: 'the removal firm Zobel' } }];
    return [run];
  };

  it('opens with its places, and each is shown: the result, then a step with its details', async () => {
    await show({ runs: found() });
    await type(test('history-search'), 'removal');
    await seen(() => desk.finder(null).answered?.text).toBe('removal');
    await press('Enter', 'Enter');
    await seen(() => all(test('hits-bar')).length).toBe(1);
    expect(one(test('hits-at')).textContent).toContain('1 of');
    const at = () => one(test('hits-at')).textContent ?? '';
    for (let turns = 0; turns < 6 && !at().includes('Step'); turns++) await press('F3');
    expect(at()).toContain('Step “Look up”');
    await seen(() => all(test('step-detail')).length, 'the step opens').toBe(1);
    await seen(() => all(`${test('step-detail')} mark`).map((mark) => mark.textContent), 'and the word is marked in it').toEqual(['removal']);
    expect(all('#result-panel mark').length, 'as everywhere else').toBeGreaterThan(0);
    one(test('hits-close')).click();
    await seen(() => all('mark').length, 'nothing of it is left on the page').toBe(0);
    expect(one(`${test('step-detail')} .scroll`).textContent).toContain('the removal firm Zobel');
  });

  it('is shown where a value is folded away or cut, and the word is marked there', async () => {
    const [run] = pastRuns(1);
    if (!run) throw new Error('no run');
    const rows = Array.from({ length: 60 }, (_, at) => ({ clause: at === 50 ? `${'Nothing of it. '.repeat(200)}Then the escrow agent is named.` : `Clause ${at}` }));
    run.steps = [{ ...ran('Read', 0, 10), outputs: { escrow: 'The escrow account', rows } }];
    await show({ runs: [run] });
    await type(test('history-search'), 'escrow');
    await seen(() => desk.finder(null).answered?.text).toBe('escrow');
    await press('Enter', 'Enter');
    await seen(() => all(test('hits-bar')).length).toBe(1);
    expect(one(test('hits-at')).textContent, 'one is read at once, one lies deep in a value').toContain('1 of 2');
    const now = () => all('mark.now').map((mark) => mark.closest<HTMLElement>('[data-testid="value"]')?.dataset['name']);
    await seen(now).toEqual(['escrow']);
    await press('F3');
    await seen(now, 'the branch is open, and the long text whole').toEqual(['rows']);
    expect(one('mark.now').closest('.json-whole')?.textContent).toContain('the escrow agent is named');
    await press('F3');
    await seen(now, 'and the first one again').toEqual(['escrow']);
  });

  it('is shown in what is folded away: the id in the details, the words in the record of a question', async () => {
    const [run] = pastRuns(1);
    if (!run) throw new Error('no run');
    run.head.server.runId = '0199abcd-12ef-7000-8000-0123456789ab';
    run.questions = [{ form: { ...emptyForm, nodeTitle: 'Approve the draft', content: 'Is the clause on subletting fine?' }, askedAt: 1, state: { state: 'answered', at: 2, action: 'Send back', content: '', here: true } }];
    await show({ runs: [run] });
    await type(test('history-search'), '0199abcd-12');
    await seen(() => desk.finder(null).answered?.text).toBe('0199abcd-12');
    expect(one(test('history-row')).textContent, 'the row says what was found').toContain('Run id: 0199abcd-12');
    await press('Enter', 'Enter');
    await seen(() => all('mark.now').map((mark) => mark.textContent)).toEqual(['0199abcd-12']);
    expect(one('mark.now').closest('details')?.open, 'the details are open').toBe(true);
    expect(one(test('hits-at')).textContent).toContain('Run id');
    desk.page = { kind: 'runs', runId: null };
    await seen(() => all(test('history-search')).length).toBe(1);
    await type(test('history-search'), 'subletting');
    await seen(() => desk.finder(null).answered?.text).toBe('subletting');
    await press('Enter', 'Enter');
    await seen(() => all('mark.now').map((mark) => mark.closest<HTMLDetailsElement>(test('question-record'))?.open)).toEqual([true]);
    expect(one(test('hits-at')).textContent).toContain('Question “Approve the draft”');
  });

  it('has its marks in the note, too, which is shown for them', async () => {
    const backend = await show();
    const [first] = desk.finder(null).rows;
    if (!first) throw new Error('no run');
    await backend.runsRemark([first.head.id], { name: '', note: 'Ask Wilhelmina about the deposit', starred: false, reviewed: false, addTags: [], removeTags: [] });
    await type(test('history-search'), 'wilhelm');
    await seen(() => desk.finder(null).answered?.text).toBe('wilhelm');
    await press('Enter', 'Enter');
    await seen(() => all('.note-behind mark.now').map((mark) => mark.textContent), 'as far as it was typed').toEqual(['Wilhelm']);
    expect((one(test('note-field')) as HTMLTextAreaElement).value, 'the field itself is as it was').toBe('Ask Wilhelmina about the deposit');
    await type(test('note-field'), 'Wilhelmina was asked');
    await seen(() => one('.note-behind').textContent).toBe('Wilhelmina was asked');
    one(test('hits-close')).click();
    await seen(() => all('mark').length).toBe(0);
    expect(one('.note-behind').textContent).toBe('Wilhelmina was asked');
  });

  it('leads back to the list as it was left', async () => {
    await show();
    await type(test('history-search'), 'supplier');
    await seen(() => desk.finder(null).answered?.text).toBe('supplier');
    const titles = rows();
    await press('Enter', 'ArrowDown', 'Enter');
    await seen(() => all(test('run-page')).length).toBe(1);
    window.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft', altKey: true, bubbles: true }));
    await seen(() => rows()).toEqual(titles);
    expect([(one(test('history-search')) as HTMLInputElement).value, current(), document.activeElement === one('.hist-list')]).toEqual(['supplier', titles[1], true]);
  });
});
