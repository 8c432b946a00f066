/** Which paragraphs of two texts belong beside each other. Pure. */
import { diffArrays } from 'diff';
import type { Block } from './blocks';
import type { InPieces, Work } from './work';

export interface Pair {
  left: Block | null;
  right: Block | null;
}

/** So many changed paragraphs in a row are looked for; behind them only what is the same in place counts. */
const mostEdits = 300;
/** Paragraphs that are held against each other, each with each. */
const window = 40;
/** How alike two paragraphs are at least to be the same one, changed. */
const alike = 0.35;

export function* align(left: Block[], right: Block[], work: Work): InPieces<Pair[]> {
  const pairs: Pair[] = [];
  let a = 0;
  let b = 0;
  for (const [x, y] of [...anchors(left, right, work), [left.length, right.length] as const]) {
    yield* between(left.slice(a, x), right.slice(b, y), pairs, work);
    const [l, r] = [left[x], right[y]];
    if (l && r) pairs.push({ left: l, right: r });
    a = x + 1;
    b = y + 1;
    if (pairs.length % 500 === 0) yield;
  }
  return pairs;
}

/** Paragraphs that stand once on each side, as many as keep their order: what is between them is small. */
function anchors(left: Block[], right: Block[], work: Work): [number, number][] {
  const once = (blocks: Block[]) => {
    const at = new Map<string, number>();
    for (const [index, { key, text }] of blocks.entries()) at.set(key, at.has(key) || !text.trim() ? -1 : index);
    return at;
  };
  const [onLeft, onRight] = [once(left), once(right)];
  const places: [number, number][] = [];
  for (const [key, x] of onLeft) {
    const y = onRight.get(key);
    if (x >= 0 && y !== undefined && y >= 0) places.push([x, y]);
  }
  work.compared += left.length + right.length;
  return rising(places);
}

/** The longest part of it whose second numbers rise, too. */
export function rising(places: [number, number][]): [number, number][] {
  const ends: number[] = [];
  const before: (number | undefined)[] = [];
  for (const [index, [, y]] of places.entries()) {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((places[ends[middle] ?? 0]?.[1] ?? 0) < y) low = middle + 1;
      else high = middle;
    }
    before[index] = ends[low - 1];
    ends[low] = index;
  }
  const chain: [number, number][] = [];
  for (let at = ends.at(-1); at !== undefined; at = before[at]) {
    const place = places[at];
    if (place) chain.push(place);
  }
  return chain.reverse();
}

function* between(left: Block[], right: Block[], pairs: Pair[], work: Work): InPieces<void> {
  if (left.length === 0 || right.length === 0) {
    pairs.push(...left.map((block) => ({ left: block, right: null })), ...right.map((block) => ({ left: null, right: block })));
    return;
  }
  const changes = diffArrays(left, right, { maxEditLength: mostEdits, comparator: (x, y) => (work.compared++, x.key === y.key) });
  yield;
  if (!changes) return yield* alikes(left, right, pairs, work);
  let [a, b] = [0, 0];
  let gone: Block[] = [];
  let fresh: Block[] = [];
  for (const { added, removed, count } of changes) {
    if (removed) gone.push(...left.slice(a, (a += count)));
    else if (added) fresh.push(...right.slice(b, (b += count)));
    else {
      yield* alikes(gone, fresh, pairs, work);
      [gone, fresh] = [[], []];
      for (const block of left.slice(a, (a += count))) pairs.push({ left: block, right: right[b++] ?? null });
    }
  }
  yield* alikes(gone, fresh, pairs, work);
}

/** Changed paragraphs beside those they were made of. */
function* alikes(left: Block[], right: Block[], pairs: Pair[], work: Work): InPieces<void> {
  const parts = Math.max(1, Math.ceil(Math.max(left.length, right.length) / window));
  const share = (blocks: Block[], at: number) => blocks.slice(Math.floor((blocks.length * at) / parts), Math.floor((blocks.length * (at + 1)) / parts));
  for (let at = 0; at < parts; at++) {
    const [a, b] = [share(left, at), share(right, at)];
    const only = a[0];
    if (a.length === 1 && b.length === 1 && only) pairs.push({ left: only, right: b[0] ?? null });
    else if (a.length > 0 || b.length > 0) {
      pairs.push(...best(a, b, work));
      yield;
    }
  }
}

function best(left: Block[], right: Block[], work: Work): Pair[] {
  const [a, b] = [left.map(featuresOf), right.map(featuresOf)];
  const likeness = (x: number, y: number) => {
    work.compared++;
    const [l, r] = [a[x], b[y]];
    return l && r ? likenessOf(l, r) : 0;
  };
  return pairUp(left.length, right.length, likeness).map(([x, y]) => ({ left: x === null ? null : (left[x] ?? null), right: y === null ? null : (right[y] ?? null) }));
}

/** The way through two lists with the most in common, as places in them; where as many are left on both sides, one stands for the other. */
export function pairUp(left: number, right: number, likeness: (x: number, y: number) => number): [number | null, number | null][] {
  const width = right + 1;
  const sums = new Float64Array((left + 1) * width);
  const likes = new Float64Array((left + 1) * width);
  const at = (numbers: Float64Array, x: number, y: number) => numbers[x * width + y] ?? 0;
  for (let x = left - 1; x >= 0; x--) {
    for (let y = right - 1; y >= 0; y--) {
      const like = (likes[x * width + y] = likeness(x, y));
      sums[x * width + y] = Math.max(at(sums, x + 1, y), at(sums, x, y + 1), like >= alike ? like + at(sums, x + 1, y + 1) : 0);
    }
  }
  const pairs: [number | null, number | null][] = [];
  let gone: number[] = [];
  let fresh: number[] = [];
  const flush = () => {
    if (gone.length === fresh.length) pairs.push(...gone.map((x, index): [number, number | null] => [x, fresh[index] ?? null]));
    else pairs.push(...gone.map((x): [number, null] => [x, null]), ...fresh.map((y): [null, number] => [null, y]));
    [gone, fresh] = [[], []];
  };
  let [x, y] = [0, 0];
  while (x < left || y < right) {
    const like = at(likes, x, y);
    if (x < left && y < right && like >= alike && at(sums, x, y) === like + at(sums, x + 1, y + 1)) {
      flush();
      pairs.push([x++, y++]);
    } else if (x < left && (y >= right || at(sums, x, y) === at(sums, x + 1, y))) gone.push(x++);
    else fresh.push(y++);
  }
  flush();
  return pairs;
}

interface Features {
  words: Set<string>;
  /** A number it begins with, as clauses and findings do. */
  lead: string;
  kind: Block['kind'];
}

/** The beginning says enough. */
const looked = 400;

function featuresOf({ text, kind }: Block): Features {
  const beginning = text.slice(0, looked).toLowerCase();
  const words = new Set<string>();
  for (const [word] of beginning.matchAll(/[\p{L}\p{N}]+/gu)) {
    if (!/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(word)) words.add(word);
    else for (let at = 0; at < Math.max(1, word.length - 1); at++) words.add(word.slice(at, at + 2));
  }
  return { words, lead: /^\W*((?:§\s*)?\d+(?:\.\d+)*)/u.exec(beginning)?.[1] ?? '', kind };
}

function likenessOf(a: Features, b: Features): number {
  let common = 0;
  const [few, many] = a.words.size < b.words.size ? [a.words, b.words] : [b.words, a.words];
  for (const word of few) if (many.has(word)) common++;
  const all = a.words.size + b.words.size;
  let like = all === 0 ? 0 : (2 * common) / all;
  // Two paragraphs with the same number are about the same thing, and with another one about another.
  if (a.lead && b.lead) like += a.lead === b.lead ? 0.4 : -0.4;
  return a.kind === b.kind ? like : like * 0.7;
}
