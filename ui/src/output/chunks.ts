/** Arrays in pieces that keep their identity while their items do: comparing a few pieces is cheaper than thousands of items. */
const size = 64;

export function chunk<Item>(before: Item[][], items: Item[]): Item[][] {
  const chunks: Item[][] = [];
  for (let at = 0; at < items.length; at += size) {
    const piece = items.slice(at, at + size);
    const old = before[chunks.length];
    chunks.push(old?.length === piece.length && old.every((item, index) => item === piece[index]) ? old : piece);
  }
  return chunks;
}
