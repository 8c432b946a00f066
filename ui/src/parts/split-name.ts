/** At most so many characters, for what cannot be cut where it is drawn. */
export function shortName(name: string, most = 40, tail = 14): string {
  const characters = [...name];
  return characters.length <= most ? name : `${characters.slice(0, most - tail - 1).join('').trimEnd()}…${characters.slice(-tail).join('').trimStart()}`;
}

/** File names lose their middle, never their ending. */
export function splitName(name: string, tail = 10): [string, string] {
  const characters = [...name];
  return characters.length <= tail + 8 ? [name, ''] : [characters.slice(0, -tail).join(''), characters.slice(-tail).join('')];
}
