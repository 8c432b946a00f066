/** Where somebody reads: known again by the words there when what is drawn changes under them. */
import type { Part } from './shape';

export interface ReadingPlace {
  /** The words in the middle of the box. */
  words: string;
  /** Puts them where they were on the screen, as far as the box can be scrolled. */
  restore(box: HTMLElement): void;
}

const blocks = '.doc .block';

/** Where the box stood when somebody last saw it. */
export interface Seen {
  top: number;
  height: number;
}

/**
 * The block in the middle of what was seen; nothing at the very beginning, which is never scrolled away. Blocks with
 * pictures change when those arrive, and are no landmarks.
 */
export function placeOf(box: HTMLElement, seen: Seen): ReadingPlace | null {
  if (box.scrollTop < 2) return null;
  const moved = box.getBoundingClientRect().top - seen.top;
  const block = blockAt(box.querySelectorAll<HTMLElement>(blocks), seen.top + seen.height / 2 + moved);
  const text = block?.textContent ?? '';
  if (!block || !text.trim()) return null;
  const before = block.getBoundingClientRect().top - moved;
  return {
    words: text,
    restore(now) {
      // The very block, where it was left as it was.
      const same = block.isConnected && block.textContent === text ? block : find(now, text);
      if (!same) return;
      const away = same.getBoundingClientRect().top - before;
      if (Math.abs(away) >= 1) now.scrollTop += away;
    },
  };
}

/** The first that reaches below a height and can be a landmark, else the last one above. They stand below each other: few are asked where they are. */
function blockAt(all: NodeListOf<HTMLElement>, height: number): HTMLElement | undefined {
  let [from, to] = [0, all.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((all[middle]?.getBoundingClientRect().bottom ?? 0) > height) to = middle;
    else from = middle + 1;
  }
  const landmark = (at: number) => all[at]?.querySelector('.picture, img') === null;
  for (let at = from; at < all.length; at++) if (landmark(at)) return all[at];
  for (let at = from - 1; at >= 0; at--) if (landmark(at)) return all[at];
  return undefined;
}

/** The block may have been cut, or joined with the next one. */
function find(box: HTMLElement, text: string): HTMLElement | undefined {
  const all = [...box.querySelectorAll<HTMLElement>(blocks)];
  const start = text.slice(0, 80);
  return all.find((block) => block.textContent === text) ?? all.find((block) => (block.textContent ?? '').startsWith(start)) ?? all.find((block) => (block.textContent ?? '').includes(start));
}

/** Longer texts are looked through as they are written. */
const longText = 200_000;

/** Which of the parts holds the words; -1 where none does. */
export function findPlace(place: Pick<ReadingPlace, 'words'>, parts: Part[]): number {
  if (parts.length < 2) return parts.length - 1;
  const letters = (text: string) => text.replace(/[^\p{L}\p{N}]+/gu, '');
  const wanted = letters(place.words.slice(0, 200));
  const line = place.words.trim().split('\n', 1)[0]?.slice(0, 60) ?? '';
  const holds = (text: string) => (text.length > longText ? line !== '' && text.includes(line) : letters(text).includes(wanted));
  return wanted ? parts.findIndex((part) => part.text !== null && holds(part.text)) : -1;
}
