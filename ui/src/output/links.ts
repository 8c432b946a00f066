/** Addresses in texts of servers: which may become links, and how they are shown so that nobody is taken in. */

/** The address in its one true spelling, if it is one that the system's browser or mail program may open. */
export function webAddress(href: string): string | null {
  // Browsers pass over blanks and line breaks within an address; whoever writes `java\nscript:` counts on that.
  const text = [...href].filter((character) => character > ' ' && character !== '\u007f').join('');
  if (!/^(?:https?:[\\/]{2}|mailto:)/i.test(text)) return null;
  try {
    const url = new URL(text);
    if (url.protocol === 'mailto:') return /^[^\s@?]+@[^\s@?]+/.test(decodeURIComponent(url.pathname)) ? url.href : null;
    return (url.protocol === 'https:' || url.protocol === 'http:') && url.hostname ? url.href : null;
  } catch {
    return null;
  }
}

/** An address without a host: a path at the server that wrote it. Never `//host`. */
export function isPath(href: string): boolean {
  return /^\/(?![\\/])[^\s\\]*$/.test(href.trim());
}

export interface ShownAddress {
  /** As the network knows it: letters that only look like Latin ones show as what they are. */
  host: string;
  /** As it is written in its own script, where that can be shown without harm. */
  written: string | null;
  /** All of it. */
  address: string;
  /** It begins with something that looks like a host and is none. */
  disguised: boolean;
}

export function shownAddress(href: string): ShownAddress {
  try {
    const url = new URL(href);
    if (url.protocol === 'mailto:') return { host: readable(url.pathname), written: null, address: readable(url.href), disguised: false };
    return { host: url.host, written: written(url.hostname), address: readable(url.href), disguised: url.username !== '' };
  } catch {
    return { host: href, written: null, address: href, disguised: false };
  }
}

/** Escaped letters as letters, unless there is something among them that cannot be seen or turns the writing round. */
function readable(address: string): string {
  try {
    const decoded = decodeURI(address);
    return /[\p{C}\p{Z}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/u.test(decoded) ? address : decoded;
  } catch {
    return address;
  }
}

/** A host's own spelling, unless it could be taken for another one's. */
function written(host: string): string | null {
  if (!host.includes('xn--')) return null;
  const labels = host.split('.').map((label) => (label.startsWith('xn--') ? fromPunycode(label.slice(4)) : label));
  if (labels.some((label) => label === null)) return null;
  const last = scriptsOf(labels.at(-1) ?? '');
  const honest = labels.every((label) => isHonest(scriptsOf(label ?? ''), last));
  return honest && !/[\p{C}\p{Z}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\p{M}]/u.test(labels.join('.')) ? labels.join('.') : null;
}

const scripts: { [name: string]: RegExp } = {
  latin: /\p{Script=Latin}/u,
  han: /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Hangul}]/u,
};

function scriptsOf(label: string): Set<string> {
  const found = new Set<string>();
  for (const character of label) {
    if (!/\p{L}/u.test(character)) continue;
    found.add(Object.keys(scripts).find((name) => scripts[name]?.test(character)) ?? (/\p{Script=Cyrillic}/u.test(character) ? 'cyrillic' : /\p{Script=Arabic}/u.test(character) ? 'arabic' : 'other'));
  }
  return found;
}

/** One script, of which no letter looks like one of another; else the whole name must be in that script. */
function isHonest(found: Set<string>, ofEnd: Set<string>): boolean {
  if (found.size === 0) return true;
  if (found.size > 1) return false;
  const [script = ''] = found;
  return script === 'latin' || script === 'han' || (script !== 'other' && ofEnd.has(script));
}

/** RFC 3492, the part that reads. */
export function fromPunycode(text: string): string | null {
  const base = 36;
  const at = text.lastIndexOf('-');
  const points = [...(at > 0 ? text.slice(0, at) : '')].map((character) => character.codePointAt(0) ?? 0);
  let rest = at > 0 ? text.slice(at + 1) : text;
  let [code, index, bias] = [128, 0, 72];
  for (let first = true; rest; first = false) {
    const before = index;
    for (let weight = 1, k = base; ; k += base) {
      const digit = '0123456789abcdefghijklmnopqrstuvwxyz'.indexOf(rest[0] ?? '?');
      if (digit < 0) return null;
      rest = rest.slice(1);
      // In this alphabet letters come before figures.
      const value = digit < 10 ? digit + 26 : digit - 10;
      index += value * weight;
      const threshold = Math.min(26, Math.max(1, k - bias));
      if (value < threshold) break;
      weight *= base - threshold;
    }
    const count = points.length + 1;
    let delta = Math.floor((index - before) / (first ? 700 : 2));
    delta += Math.floor(delta / count);
    let k = 0;
    for (; delta > 455; k += base) delta = Math.floor(delta / 35);
    bias = k + Math.floor((36 * delta) / (delta + 38));
    code += Math.floor(index / count);
    index %= count;
    if (code > 0x10ffff || !Number.isSafeInteger(index)) return null;
    points.splice(index++, 0, code);
  }
  return String.fromCodePoint(...points);
}
