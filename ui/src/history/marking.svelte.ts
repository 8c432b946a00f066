/** Marks what was found on the page of a run, and leads to the place that is at hand. */
import type { FoundWord } from '../ipc/gen/FoundWord';
import type { Snippet } from '../ipc/gen/Snippet';
import type { Hits } from '../state/hits.svelte';
import { revealsIn, type Reveals } from '../output/reveal';
import { areaOf, areas, elementOf, elementsOf, mostSpots, rangeOf, scored, spotsIn, spotsInText, type Spot } from './places';

/** What is drawn anew is marked a moment later. */
const moment = 30;
/** So long a place may take to be drawn. */
const patience = 3000;

const paints = typeof CSS !== 'undefined' && 'highlights' in CSS && typeof Highlight === 'function';

/** Ways to mark: painted where the web view can do so, else in the page itself, which is put back as it was. */
class Paint {
  private changed: { node: Text; text: string; left: string; added: Node[] }[] = [];

  draw(spots: readonly Spot[], now: Spot | undefined): void {
    if (paints) {
      const ranges = (which: readonly Spot[]) => which.flatMap((spot) => rangeOf(spot) ?? []);
      CSS.highlights.set('found', new Highlight(...ranges(spots)));
      CSS.highlights.set('found-now', new Highlight(...ranges(now ? [now] : [])));
      return;
    }
    this.clear();
    // From the end on: what is before a mark stays where it was.
    for (const spot of [...spots].reverse()) {
      const range = rangeOf(spot);
      // Words that go on from one element to another stay unmarked.
      if (!range || range.startContainer !== range.endContainer || !(range.startContainer instanceof Text)) continue;
      const node = range.startContainer;
      const known = this.changed.find((change) => change.node === node) ?? { node, text: node.data, left: node.data, added: [] };
      if (!this.changed.includes(known)) this.changed.push(known);
      const mark = document.createElement('mark');
      if (now && spot.area === now.area && spot.start === now.start) mark.className = 'now';
      const rest = document.createTextNode(node.data.slice(range.endOffset));
      mark.textContent = node.data.slice(range.startOffset, range.endOffset);
      node.data = known.left = node.data.slice(0, range.startOffset);
      node.after(mark, rest);
      known.added.push(mark, rest);
    }
  }

  clear(): void {
    if (paints) {
      CSS.highlights.delete('found');
      CSS.highlights.delete('found-now');
    }
    for (const { node, text, left, added } of this.changed) {
      for (const one of added) one.parentNode?.removeChild(one);
      // It may say something else by now.
      if (node.data === left) node.data = text;
    }
    this.changed = [];
  }
}

function scrollerOf(element: Element | null): Element | null {
  for (let box = element; box; box = box.parentElement) {
    if (box.scrollHeight > box.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(box).overflowY)) return box;
  }
  return null;
}

/** Brings a place into the upper half of the box it scrolls in; the web view itself would move the whole page along. */
function lead(element: Element, rect: DOMRect): void {
  const box = scrollerOf(element);
  if (!box) return;
  const { top, height } = box.getBoundingClientRect();
  if (rect.top < top + 24 || rect.bottom > top + height - 24) box.scrollTop += rect.top - top - height * 0.35;
}

/** For what shows a run beside a list: `{@attach markWords(() => words, areas)}`. Only where they can be painted, because nobody is led to them. */
export function markWords(words: () => readonly FoundWord[], within: string) {
  return (root: HTMLElement): (() => void) | undefined => {
    if (!paints) return;
    const paint = new Paint();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const draw = () => paint.draw([...root.querySelectorAll(within)].flatMap((element) => spotsIn(areaOf(element), words())).slice(0, mostSpots), undefined);
    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(draw, moment);
    };
    const watch = new MutationObserver(later);
    watch.observe(root, { childList: true, characterData: true, subtree: true });
    $effect(() => {
      words();
      later();
    });
    return () => {
      clearTimeout(timer);
      watch.disconnect();
      paint.clear();
    };
  };
}

/** For the page of a run: `{@attach markHits(hits)}`. */
export function markHits(hits: Hits) {
  return (root: HTMLElement): (() => void) => {
    const paint = new Paint();
    let timer: ReturnType<typeof setTimeout> | undefined;
    /** Until when the place at hand is still to be led to. */
    let until = 0;
    /** How often what is folded was asked for in vain. */
    let unfolded = 0;
    /** What was asked to draw more of itself, for the place at hand. */
    const asked = new Set<Reveals>();

    function draw(): void {
      watch.disconnect();
      paint.clear();
      const { current, words } = hits;
      const spots: Spot[] = [];
      if (words.length > 0) {
        for (const element of root.querySelectorAll(areas)) {
          if (spots.length >= mostSpots || element.closest('[hidden]')) continue;
          spots.push(...spotsIn(areaOf(element), words));
        }
      }
      let now: Spot | undefined;
      if (current) {
        const places = elementsOf(root, current.snippet.place);
        const mine = spots.filter(({ area }) => places.some((place) => place === area.element || place.contains(area.element)));
        const right = mine.filter((spot) => spotsIn(spot.area, current.words).some((other) => other.start === spot.start));
        // What was unfolded for it comes first, though more may be alike elsewhere.
        const led = right.filter((spot) => elementOf(spot)?.closest('[data-led]'));
        const drawn = scored(led.length > 0 ? led : right, current.snippet);
        now = drawn.best ?? mine[0];
        if (Date.now() < until && !reveal(places, current.words, current.snippet, led.length > 0 ? Infinity : drawn.score)) goTo(now, places);
      }
      paint.draw(spots, now);
      watch.takeRecords();
      if (words.length > 0) watch.observe(root, { childList: true, characterData: true, subtree: true, attributes: true, attributeFilter: ['hidden'] });
    }

    /** Unfolds what holds the place, where nothing that is drawn is as much like it. */
    function reveal(places: Element[], own: readonly FoundWord[], snippet: Snippet, drawn: number): boolean {
      let [best, at, most]: [Reveals | undefined, number, number] = [undefined, 0, drawn];
      for (const hidden of revealsIn(places)) {
        const text = asked.has(hidden) ? null : hidden.text();
        const found = text === null ? undefined : scored(spotsInText(root, text, own), snippet);
        if (found?.best && found.score > most) [best, at, most] = [hidden, found.best.start, found.score];
      }
      if (!best) return false;
      asked.add(best);
      best.show(at);
      later();
      return true;
    }

    function goTo(now: Spot | undefined, places: Element[]): void {
      const folded = now && elementOf(now)?.closest('details:not([open])');
      if (folded instanceof HTMLDetailsElement) {
        folded.open = true;
        later();
        return;
      }
      const range = now && rangeOf(now);
      if (now && range) {
        until = 0;
        lead(now.area.element, range.getBoundingClientRect());
        return;
      }
      // It may lie in what is not shown whole.
      const more = places.map((place) => place.querySelector<HTMLElement>('.btn.link.inline, [data-testid="show-more"]')).find((button) => button !== null);
      if (more && unfolded++ < 20) {
        more.click();
        later();
      } else if (places[0]) lead(places[0], places[0].getBoundingClientRect());
    }

    function later(): void {
      clearTimeout(timer);
      timer = setTimeout(draw, moment);
    }

    const watch = new MutationObserver(later);
    $effect(() => {
      void hits.went;
      void hits.list;
      until = Date.now() + patience;
      unfolded = 0;
      for (const hidden of asked) hidden.leave?.();
      asked.clear();
      later();
    });
    return () => {
      clearTimeout(timer);
      watch.disconnect();
      paint.clear();
    };
  };
}
