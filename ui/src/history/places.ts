/** Finds the words of a search in what is drawn: where words begin, and where signs are words, anywhere. Pure but for reading the page. */
import type { FoundWord } from '../ipc/gen/FoundWord';
import type { RunPart } from '../ipc/gen/RunPart';
import type { Snippet } from '../ipc/gen/Snippet';
import { folded } from '../source/find';

/** The texts of a part of the page, in one. */
export interface Area {
  element: Element;
  /** Folded; as long as what is drawn. */
  text: string;
  nodes: Text[];
  /** Where each of them begins in `text`. */
  starts: number[];
}

export interface Spot {
  area: Area;
  start: number;
  end: number;
}

/** Nobody looks at more, and each is marked. */
export const mostSpots = 2000;

const blocks = 'p, li, td, th, dt, dd, h1, h2, h3, h4, h5, h6, pre, div, section, blockquote, summary, figure';
const silent = '.vh, button, textarea, input, select, script, style, [hidden], [aria-hidden="true"]:not(.note-behind)';

export function areaOf(element: Element): Area {
  const walker = element.ownerDocument.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const nodes: Text[] = [];
  const starts: number[] = [];
  let text = '';
  let block: Element | null = null;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!parent || parent.closest(silent)) continue;
    const here = parent.closest(blocks);
    // Words do not go on from one paragraph to the next.
    if (block !== null && here !== block) text += '\0';
    block = here;
    nodes.push(node as Text);
    starts.push(text.length);
    text += (node as Text).data;
  }
  return { element, text: folded(text), nodes, starts };
}

/** Signs of languages that set no blanks between words. */
const together = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Myanmar}\p{Script=Khmer}]/u;
const letter = /[\p{L}\p{N}]/u;

/** Whether a word stands on both sides of a place. */
function isWithinWord(text: string, place: number): boolean {
  const [a, b] = [text[place - 1], text[place]];
  return a !== undefined && b !== undefined && letter.test(a) && letter.test(b) && !together.test(a) && !together.test(b);
}

export function spotsIn(area: Area, words: readonly FoundWord[]): Spot[] {
  const goOn = new Map<string, boolean>();
  for (const { text, goesOn } of words) {
    const word = folded(text).trim().replace(/\s+/g, ' ');
    if (word) goOn.set(word, goesOn || goOn.get(word) === true);
  }
  const wanted = [...goOn.keys()].sort((a, b) => b.length - a.length);
  if (wanted.length === 0) return [];
  const looked = new RegExp(wanted.map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replace(/\s+/g, '\\s+')).join('|'), 'gu');
  const spots: Spot[] = [];
  for (const { index, 0: found } of area.text.matchAll(looked)) {
    if (spots.length >= mostSpots) break;
    const end = index + found.length;
    if (isWithinWord(area.text, index) || (isWithinWord(area.text, end) && goOn.get(found.replace(/\s+/g, ' ')) !== true)) continue;
    spots.push({ area, start: index, end });
  }
  return spots;
}

function nodeAt({ starts }: Area, at: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** What a spot is drawn in. */
export function elementOf({ area, start }: Spot): Element | null {
  return area.nodes[nodeAt(area, start)]?.parentElement ?? null;
}

/** Spots in a text that is not drawn. */
export function spotsInText(element: Element, text: string, words: readonly FoundWord[]): Spot[] {
  return spotsIn({ element, text: folded(text), nodes: [], starts: [] }, words);
}

export function rangeOf({ area, start, end }: Spot): Range | null {
  const [first, last] = [nodeAt(area, start), nodeAt(area, end - 1)];
  const [from, to] = [area.nodes[first], area.nodes[last]];
  if (!from || !to) return null;
  const range = new Range();
  try {
    range.setStart(from, start - (area.starts[first] ?? 0));
    range.setEnd(to, end - (area.starts[last] ?? 0));
  } catch {
    // The page has changed since it was read.
    return null;
  }
  return range;
}

const letters = (text: string) => text.replace(/[^\p{L}\p{N}]+/gu, '');
const backwards = (text: string) => [...text].reverse().join('');
/** Signs around a place that tell it from others. */
const around = 40;

function alike(a: string, b: string): number {
  let count = 0;
  while (count < around && count < a.length && a[count] === b[count]) count++;
  return count;
}

/** The spot that stands among the same words as what was found: a text is drawn otherwise than it is written. */
export function bestSpot(spots: readonly Spot[], snippet: Snippet): Spot | undefined {
  return scored(spots, snippet).best;
}

/** Also how many signs around it are the same; -1 where there is no spot. */
export function scored(spots: readonly Spot[], { text, marks }: Snippet): { best: Spot | undefined; score: number } {
  const said = folded(text);
  const [from] = marks[0] ?? [0, 0];
  const after = letters(said.slice(from));
  const before = backwards(letters(said.slice(0, from)));
  let best: Spot | undefined;
  let most = -1;
  for (const spot of spots) {
    const drawn = spot.area.text;
    const score = alike(after, letters(drawn.slice(spot.start, spot.start + 4 * around))) + alike(before, backwards(letters(drawn.slice(Math.max(0, spot.start - 4 * around), spot.start))));
    if (score > most) [best, most] = [spot, score];
  }
  return { best, score: most };
}

/** All parts of a run's page that hold its words, and none of the page's own. */
export const areas = '.inputs-strip b, .inputs-read dd, #result-panel .out-main, #result-panel .side .nm, #result-panel .side dd, [data-testid="step-detail"] .scroll, [data-testid="step-detail"] #detail-title, .ending .quote, .ending .technical, .tag-field .tag, .note-behind, .question-record .asked, [data-part="run-id"]';

/** Where a place of a run is drawn. */
export function elementsOf(root: Element, place: RunPart): Element[] {
  const all = (selector: string) => [...root.querySelectorAll(selector)];
  const named = (selector: string, name: string) => all(`${selector} [data-name="${CSS.escape(name)}"] dd`);
  switch (place.part) {
    case 'title':
      return all('.inputs-strip b');
    case 'input': {
      const own = named('.inputs-read', place.label || place.variable);
      return own.length > 0 ? own : all('.inputs-read dd');
    }
    case 'sent_file':
      return all('.inputs-read dd');
    case 'text':
      return all('#result-panel .out-main');
    case 'output': {
      const beside = named('#result-panel .side', place.variable);
      return beside.length > 0 ? beside : all('#result-panel .out-main');
    }
    case 'file':
      return all('#result-panel .side .nm, #result-panel .side');
    case 'step':
      return all('[data-testid="step-detail"] .scroll, [data-testid="step-detail"] #detail-title');
    case 'question':
      return all('.question-record, [data-testid="questions"]');
    case 'run_id':
      return all('[data-part="run-id"]');
    case 'error':
      return all('.ending .quote, .ending .technical, .ending');
    case 'note':
      return all('.note-behind');
    case 'tag':
      return all('.tag-field');
  }
}
