/** Titles that begin alike are told apart by where they differ: that part is shown, the beginning gives way. Pure. */

/** A beginning shorter than this leaves room for what differs. */
const roomy = 10;

/** For each title its beginning and the part from where it differs from the one most like it; that is empty where the beginning tells enough. */
export function distinct(titles: readonly string[]): [string, string][] {
  const all = titles.map((title) => [...title]);
  return all.map((title, at) => {
    const alike = Math.max(0, ...all.map((other, place) => (place === at || same(title, other) ? 0 : common(title, other))));
    if (alike < roomy) return [title.join(''), ''];
    // From the beginning of a word, where one is near.
    let from = Math.min(alike, title.length - 1);
    for (let back = 0; back < 12 && from - back > 0; back++) {
      if (title[from - back - 1] !== ' ') continue;
      from -= back;
      break;
    }
    return from < roomy ? [title.join(''), ''] : [title.slice(0, from).join(''), title.slice(from).join('')];
  });
}

const same = (a: string[], b: string[]) => a.length === b.length && common(a, b) === a.length;

function common(a: string[], b: string[]): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
