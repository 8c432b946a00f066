/** Numbers for the differences among rows, from the given one on; a row that is none has the number of the next one. Pure. */
export function numbered(differs: boolean[], from: number): number[] {
  let next = from;
  return differs.map((is) => (is ? next++ : next));
}
