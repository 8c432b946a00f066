/** The pane of the steps in a page: keyboard, names and what is drawn. */
import { flushSync, mount, tick, unmount } from 'svelte';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fakeBackend } from '../ipc/fake';
import type { Step } from '../ipc/gen/Step';
import { lendBrowser } from '../parts/jsdom-made';
import { Desk } from '../state/desk.svelte';
import { manySteps, ran } from './step-made';
import StepsMade from './StepsMade.svelte';

beforeAll(() => lendBrowser());

let page: ReturnType<typeof mount> | undefined;
let desk: Desk;

beforeEach(() => {
  localStorage.clear();
  desk = new Desk(fakeBackend());
});

afterEach(async () => {
  if (page) await unmount(page);
  page = undefined;
});

const some: Step[] = [
  ran('Start', 0, 10, { nodeType: 'start' }),
  ran('Look up', 10, 400, { tries: [{ number: 1, error: '503', elapsed: 0.1, at: 200 }] }),
  ran('Check', 10, 100, { status: 'exception', error: 'HTTP 503\nmore', errorStrategy: 'fail-branch' }),
  ran('Review', 400, 900, { nodeType: 'iteration', roundsBegun: 2, roundsTotal: 2 }),
  ran('Clause one', 400, 600, { parent: 'Review', round: 0, tokens: 30 }),
  ran('Clause two', 400, 900, { parent: 'Review', round: 1, status: 'failed', error: 'read timed out' }),
  ran('End', 900, 1000, { nodeType: 'end' }),
].map((step, order) => ({ ...step, order }));

function show(steps: Step[], more: { until?: number; running?: boolean } = {}) {
  page = mount(StepsMade, { target: document.body, props: { desk, steps, until: 1000, ...more } });
  flushSync();
}
const all = (css: string) => [...document.querySelectorAll<HTMLElement>(css)];
const one = (css: string) => document.querySelector<HTMLElement>(css) ?? expect.fail(`no ${css}`);
const titles = () => all('[data-testid="step"]').map((row) => row.dataset['title']);
const focused = () => (document.activeElement as HTMLElement).dataset['title'];

async function settled() {
  for (let turn = 0; turn < 4; turn++) await tick();
}
async function press(...keys: string[]) {
  for (const key of keys) {
    (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    await settled();
  }
}
async function click(css: string) {
  one(css).click();
  await settled();
}

describe('the rows', () => {
  it('are a tree grid that the keyboard walks through', async () => {
    show(some);
    expect(titles()).toEqual(['Start', 'Look up', 'Check', 'Review', 'End']);
    expect(all('[data-testid="step"][tabindex="0"]'), 'Tab reaches one of them').toHaveLength(1);
    one('[data-title="Start"]').focus();
    await press('ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowRight');
    expect(one('[data-title="Review"]').getAttribute('aria-expanded')).toBe('true');
    expect(titles()).toContain('Round 2');
    await press('ArrowRight', 'ArrowDown', 'ArrowRight', 'ArrowRight');
    expect(focused(), 'into a round').toBe('Clause two');
    await press('ArrowLeft', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft');
    expect([focused(), titles().includes('Round 2')], 'and out again').toEqual(['Review', false]);
    await press('End');
    expect(focused()).toBe('End');
    await press('Home', 'PageDown');
    expect(focused()).toBe('End');
  });

  it('lead to the next problem, also where it is folded away', async () => {
    show(some);
    one('[data-title="Start"]').focus();
    await press('n', 'n', 'n');
    expect(focused()).toBe('Clause two');
    await press('n');
    expect(focused(), 'around').toBe('Look up');
  });

  it('are found by their first letters', async () => {
    show(some);
    one('[data-title="Start"]').focus();
    await press('r', 'e', 'v');
    expect(focused()).toBe('Review');
  });

  it('open the details with Enter and close them with Escape', async () => {
    show(some);
    one('[data-title="Start"]').focus();
    await press('n', 'n', 'Enter');
    const detail = one('[data-testid="step-detail"]');
    expect(detail.textContent).toContain('HTTP 503');
    expect(detail.textContent, 'how it went on').toContain('along the way that is meant for errors');
    one('#detail-panel').focus();
    await press('Escape');
    expect(all('[data-testid="step-detail"]')).toHaveLength(0);
    await expect.poll(focused, { message: 'the focus goes back' }).toBe('Check');
  });

  it('say what bars and colours say', () => {
    show(some);
    expect(one('[data-title="Check"]').textContent).toContain('failed, another way taken');
    expect(one('[data-title="Check"] .vh').textContent).toContain('Default used');
    expect(one('[data-title="Look up"]').textContent, 'it decided how long it took').toContain('decided the duration');
    expect(one('[data-title="Look up"] .track').textContent).toContain('begins after 0.0 s');
    expect(one('[data-title="Review"]').textContent).toContain('1 problem');
    expect(one('[data-testid="overview"] [role="img"]').getAttribute('aria-label')).toBe('Overview of the whole run: 7 steps, 3 problems');
  });

  it('tell in all what the run took', () => {
    show(some);
    expect(one('[data-testid="steps-foot"]').textContent).toMatch(/7 steps.*30 tokens.*1\.0 s.*Decided the duration: 5 steps/);
  });

  it('of a long list are drawn where one looks, and the one in focus always', async () => {
    show(manySteps(1500), { until: 64_000 });
    await click('.fold-all');
    const count = one('[role="treegrid"]').getAttribute('aria-rowcount');
    expect(Number(count), 'with their rounds and tries').toBeGreaterThan(1900);
    expect(all('[data-testid="step"]').length, 'not thousands').toBeLessThan(80);
    one('[data-testid="step"][tabindex="0"]').focus();
    await press('End');
    expect(document.activeElement?.getAttribute('aria-rowindex'), 'the last of them').toBe(count);
    const list = one('.steps');
    list.scrollTop = 0;
    list.dispatchEvent(new Event('scroll'));
    await settled();
    expect(document.activeElement?.getAttribute('aria-rowindex'), 'scrolling takes no focus').toBe(count);
    expect(one('[aria-rowindex="2"]')).toBeTruthy();
  });
});

describe('the filters', () => {
  it('show problems with what they stand in', async () => {
    show(some);
    await click('[data-testid="step-filters"] [data-value="problems"]');
    expect(titles()).toEqual(['Look up', 'Check', 'Review', 'Round 2', 'Clause two']);
    expect(one('[data-testid="step-filters"] [data-value="problems"]').getAttribute('aria-pressed')).toBe('true');
    expect(one('[data-testid="steps-foot"]').textContent).toContain('3 of 7 steps');
  });

  it('give way to a step that is chosen elsewhere', async () => {
    show(some);
    await click('[data-testid="step-filters"] [data-value="problems"]');
    one('[data-title="Check"]').click();
    await settled();
    await click('[data-testid="problem-after"]');
    expect(one('#detail-title').textContent).toBe('Clause two');
  });

  it('say so where nothing is found', async () => {
    show(some.slice(0, 1));
    await click('[data-testid="step-filters"] [data-value="problems"]');
    expect(one('.steps-none').textContent).toBe('No step had a problem.');
  });
});

describe('the table', () => {
  beforeEach(() => (desk.looks.stepsAsTable = true));

  it('says the same facts under heads that sort', async () => {
    show(some);
    const column = (name: string) => all('thead th').findIndex((head) => head.querySelector(`[data-column="${name}"]`));
    const cells = (name: string) => all('tbody tr').map((row) => row.children[column(name)]?.textContent?.trim());
    expect(cells('step')).toEqual(some.map((step) => step.title));
    expect(cells('inside')).toEqual(['', '', '', '', 'Review', 'Review', '']);
    expect(cells('tries')).toEqual(['', '2', '', '', '', '', '']);
    await click('[data-column="duration"]');
    expect(one('th[aria-sort]').getAttribute('aria-sort')).toBe('descending');
    expect(cells('step').slice(0, 3)).toEqual(['Review', 'Clause two', 'Look up']);
    await click('[data-column="duration"]');
    expect(one('th[aria-sort]').getAttribute('aria-sort')).toBe('ascending');
    await click('[data-column="duration"]');
    expect(all('th[aria-sort]'), 'the order of starts again').toHaveLength(0);
  });

  it('leads to the details, and back to the axis', async () => {
    show(some);
    one('tr[data-key="Check"] button').click();
    await settled();
    expect(one('#detail-title').textContent).toBe('Check');
    await click('[data-testid="steps-menu"]');
    await click('[data-testid="steps-as-table"]');
    expect(all('[role="treegrid"]')).toHaveLength(1);
    expect(desk.looks.stepsAsTable, 'and is remembered').toBe(false);
  });

  it('gives the first rows of thousands, and more when asked', async () => {
    show(manySteps(130));
    expect(all('tbody tr')).toHaveLength(100);
    expect(one('caption').textContent).toContain('100 of 130');
    await click('[data-testid="table-more"]');
    expect(all('tbody tr')).toHaveLength(130);
    expect(all('[data-testid="table-more"]'), 'that was all').toHaveLength(0);
  });
});

describe('the density', () => {
  it('is chosen in the menu or with + and −, and remembered', async () => {
    show(some);
    one('[data-title="Start"]').focus();
    await press('-');
    expect([desk.looks.stepDensity, one('[data-title="Start"]').style.height]).toEqual(['compact', '24px']);
    await press('+');
    expect(one('[data-title="Start"]').style.height).toBe('32px');
    await click('[data-testid="steps-menu"]');
    await click('[data-testid="density-overview"]');
    expect([all('[role="treegrid"]').length, all('[data-testid="overview-big"]').length]).toEqual([0, 1]);
    expect(new Desk(fakeBackend()).looks.stepDensity, 'after a restart').toBe('overview');
    const list = one('[data-testid="overview-big"] [role="listbox"]');
    const here = () => document.getElementById(list.getAttribute('aria-activedescendant') ?? '') ?? expect.fail('nothing is told');
    list.focus();
    await press('Home', 'ArrowRight');
    expect(here().textContent, 'the keyboard walks along the bars').toBe('Look up, Succeeded, 0.4 s');
    await press('End', 'ArrowLeft', 'Enter');
    expect(one('[data-testid="step-detail"]').textContent).toContain('Clause two');
    expect(here().getAttribute('aria-selected')).toBe('true');
  });
});
