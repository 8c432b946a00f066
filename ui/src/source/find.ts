/** Finds words in the texts of a document, whatever their case, their accents and the blanks between them. */

export interface Hit {
  /** Which of the texts. */
  text: number;
  start: number;
  end: number;
}

/** More places help nobody, and each is marked. */
export const mostHits = 2000;

/** The same text without case and accents; each letter stays at its place. */
export function folded(text: string): string {
  const lower = text.toLowerCase();
  // Some letters are longer in lower case: then letter by letter.
  const even = lower.length === text.length ? lower : [...text].map((letter) => (letter.toLowerCase().length === letter.length ? letter.toLowerCase() : letter)).join('');
  // Greek, Cyrillic and Latin letters come as one with their accents; what is composed otherwise stays as it is.
  return even.replace(/[\u00c0-\u052f\u1e00-\u1fff]/g, (letter) => {
    const base = letter.normalize('NFD')[0] ?? letter;
    return base.length === letter.length ? base : letter;
  });
}

const han = /\p{Script=Han}/u;

/** What is looked for: blanks stand for any blanks, and lines may break between Chinese characters. */
export function pattern(wanted: string): RegExp | null {
  const words = folded(wanted).trim();
  if (words === '') return null;
  const letters = [...words];
  let source = '';
  letters.forEach((letter, at) => {
    const before = letters[at - 1];
    if (/\s/.test(letter)) source += before !== undefined && /\s/.test(before) ? '' : '\\s+';
    else {
      if (before !== undefined && han.test(before) && han.test(letter)) source += '\\s?';
      source += letter.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
    }
  });
  return new RegExp(source, 'g');
}

export function findIn(text: string, looked: RegExp, at: number, hits: Hit[]): void {
  for (const { index, 0: match } of folded(text).matchAll(looked)) {
    if (hits.length >= mostHits) return;
    hits.push({ text: at, start: index, end: index + match.length });
  }
}

export function findAll(texts: readonly string[], wanted: string): Hit[] {
  const hits: Hit[] = [];
  const looked = pattern(wanted);
  if (looked) texts.forEach((text, at) => findIn(text, looked, at, hits));
  return hits;
}

/** A text in pieces, those that were found among them with the number of their place. */
export interface Piece {
  text: string;
  hit: number | null;
}

/** `first` is the number of the first of these hits. */
export function pieces(text: string, hits: readonly Hit[], first: number): Piece[] {
  const all: Piece[] = [];
  let at = 0;
  hits.forEach((hit, index) => {
    if (hit.start > at) all.push({ text: text.slice(at, hit.start), hit: null });
    all.push({ text: text.slice(hit.start, hit.end), hit: first + index });
    at = hit.end;
  });
  if (at < text.length || all.length === 0) all.push({ text: text.slice(at), hit: null });
  return all;
}

/** Where the hits of each text begin in the list of all, so that nobody looks through all of them for each. */
export function byText(hits: readonly Hit[]): Map<number, { first: number; hits: Hit[] }> {
  const found = new Map<number, { first: number; hits: Hit[] }>();
  hits.forEach((hit, index) => {
    const known = found.get(hit.text);
    if (known) known.hits.push(hit);
    else found.set(hit.text, { first: index, hits: [hit] });
  });
  return found;
}
