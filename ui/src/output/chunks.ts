/**
 * Items of a list that grows at its end and is cut at its beginning, in pieces that keep their identity while their
 * items do: comparing a few pieces is cheaper than thousands of items, and what stays is not touched again.
 */
const size = 64;

export interface Piece<Item> {
  /** The same for as long as anything of it is there. */
  key: number;
  /** How many items at its beginning are gone: with them an item keeps its place. */
  gone: number;
  items: Item[];
}

export function chunk<Item>(before: Piece<Item>[], items: Item[]): Piece<Item>[] {
  const pieces: Piece<Item>[] = [];
  let at = 0;
  for (const old of before) {
    const from = old.items.indexOf(items[at] as Item);
    // All of it is gone, unless single items only became others.
    if (from < 0 && old !== before.at(-1) && !items.slice(at, at + old.items.length).some((item) => old.items.includes(item))) continue;
    const gone = old.gone + Math.max(0, from);
    const now = items.slice(at, at + size - gone);
    pieces.push(gone === old.gone && now.length === old.items.length && now.every((item, index) => item === old.items[index]) ? old : { key: old.key, gone, items: now });
    at += now.length;
    if (at >= items.length) break;
  }
  let key = (before.at(-1)?.key ?? -1) + 1;
  for (; at < items.length; at += size) pieces.push({ key: key++, gone: 0, items: items.slice(at, at + size) });
  return pieces;
}
