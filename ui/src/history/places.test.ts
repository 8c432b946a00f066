/** The words of a search in what is drawn. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { areaOf, bestSpot, elementsOf, rangeOf, spotsIn } from './places';

beforeAll(() => {
  window.CSS = { ...window.CSS, escape: (text: string) => text.replace(/["\\]/g, '\\$&') };
});
afterEach(() => (document.body.innerHTML = ''));

function drawn(html: string) {
  document.body.innerHTML = `<div id="a">${html}</div>`;
  return areaOf(document.getElementById('a') ?? expect.fail('no area'));
}
const whole = (...words: string[]) => words.map((text) => ({ text, goesOn: false }));
const found = (html: string, ...words: string[]) => spotsIn(drawn(html), whole(...words)).map((spot) => rangeOf(spot)?.toString());
const begun = (html: string, ...words: string[]) => spotsIn(drawn(html), words.map((text) => ({ text, goesOn: true }))).map((spot) => rangeOf(spot)?.toString());

describe('words', () => {
  it('are found as whole words, whatever their case and accents', () => {
    expect(found('<p>Termination: the term, TERMS and a térm.</p>', 'term')).toEqual(['term', 'térm']);
  });

  it('are found where they begin, if only their beginning was looked for', () => {
    expect(begun('<p>Invoices, an invoice and a reinvoicing of INV-1234</p>', 'invoic', 'inv-12')).toEqual(['Invoic', 'invoic', 'INV-12']);
    expect(spotsIn(drawn('<p>art, artist, party</p>'), [...whole('art'), { text: 'Art', goesOn: true }]).length, 'one that goes on somewhere may do so anywhere').toBe(2);
  });

  it('are found anywhere where no blanks stand between them', () => {
    expect(found('<p>解约通知期为六十天</p>', '通知期')).toEqual(['通知期']);
    expect(found('<p>근로계약서를 검토합니다</p>', '계약')).toEqual(['계약']);
    expect(found('<p>ສັນຍາເຊົ່າ</p>', 'ເຊົ່າ')).toEqual(['ເຊົ່າ']);
  });

  it('go on over bold and links, but not from one paragraph to the next', () => {
    expect(found('<p>The <b>notice</b> period</p>', 'notice period')).toEqual(['notice period']);
    expect(found('<p>see the notice</p><p>period of rest</p>', 'notice period'), 'blanks stand for blanks, not for ends').toEqual([]);
  });

  it('are not those of buttons, nor of what is only said', () => {
    expect(found('<p>Copy</p><button>Copy</button><span class="vh">Copy</span>', 'copy')).toEqual(['Copy']);
  });

  it('may hold any sign', () => {
    expect(found('<p>a.b (c) costs $5*2</p>', '(c)', '$5*2', 'a.b')).toEqual(['a.b', '(c)', '$5*2']);
    expect(found('<p>an e-mail, state-of-the-art, and/or C:\\a</p>', 'e-mail', 'state-of-the-art', 'and/or', 'C:\\a')).toEqual(['e-mail', 'state-of-the-art', 'and/or', 'C:\\a']);
    expect(found('<p>anything</p>', '', '  ')).toEqual([]);
  });
});

describe('the place that was found', () => {
  it('is known by the words around it, however it is drawn', () => {
    const area = drawn('<p>The notice period of 30 days is usual.</p><h2>Clause 11.1</h2><p>The <b>notice period</b> of 60 days is shorter.</p>');
    const spots = spotsIn(area, whole('notice period'));
    const text = '… Clause 11.1 The **notice period** of 60 days…';
    const from = text.indexOf('notice');
    const best = bestSpot(spots, { place: { part: 'text' }, text, marks: [[from, from + 13]] });
    expect(best).toBe(spots[1]);
    expect(bestSpot([], { place: { part: 'text' }, text, marks: [[from, from + 13]] })).toBeUndefined();
  });

  it('is the part of the page that shows it', () => {
    document.body.innerHTML = '<div class="inputs-read"><div data-name="Title"><dd id="i">x</dd></div><dd>y</dd></div><div id="result-panel"><div class="out-main" id="o"></div><div class="side"><div data-name="risk"><dd id="r">3</dd></div></div></div><div class="note-behind" id="n"></div>';
    const ids = (...args: Parameters<typeof elementsOf>) => elementsOf(...args).map((element) => element.id);
    expect(ids(document.body, { part: 'input', variable: 't', label: 'Title' })).toEqual(['i']);
    expect(ids(document.body, { part: 'output', variable: 'risk' }), 'a short value stands beside the text').toEqual(['r']);
    expect(ids(document.body, { part: 'output', variable: 'digest' })).toEqual(['o']);
    expect(ids(document.body, { part: 'note' })).toEqual(['n']);
    expect(ids(document.body, { part: 'step', step: 's', title: 'S' }), 'its details are not open yet').toEqual([]);
  });

  it('is gone without harm when the page changes', () => {
    const [spot] = spotsIn(drawn('<p>notice period</p>'), whole('period'));
    const node = spot?.area.nodes[0];
    if (!spot || !node) throw new Error('no spot');
    node.data = 'n';
    expect(rangeOf(spot)).toBeNull();
  });
});
