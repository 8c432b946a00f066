/** File names lose their middle, never their ending. */
export function splitName(name: string, tail = 10): [string, string] {
  const characters = [...name];
  return characters.length <= tail + 8 ? [name, ''] : [characters.slice(0, -tail).join(''), characters.slice(-tail).join('')];
}
