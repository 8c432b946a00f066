/** What keys do in the list of runs. Pure. */
export type ListCommand = 'star' | 'note' | 'tag' | 'rename' | 'delete' | 'review';

type Key = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'repeat'>;

/** With Alt: a letter alone begins a search, and must change nothing. */
const letters: Record<string, ListCommand> = { s: 'star', n: 'note', t: 'tag', r: 'review' };
const others: Record<string, ListCommand | 'open' | 'pick' | 'letGo'> = { 'F2': 'rename', 'Delete': 'delete', 'Enter': 'open', ' ': 'pick', 'Escape': 'letGo' };

export function commandOf(pressed: Key): ListCommand | 'open' | 'pick' | 'all' | 'letGo' | null {
  const command = read(pressed);
  // A key that is held would delete whatever comes to stand there.
  return command === 'delete' && pressed.repeat ? null : command;
}

function read({ key, code, ctrlKey, metaKey, altKey, shiftKey }: Key): ReturnType<typeof commandOf> {
  // On a Mac the letter itself is another one with this key.
  if (altKey) return ctrlKey || metaKey || shiftKey ? null : (letters[/^[a-z]$/i.test(key) ? key.toLowerCase() : code.replace('Key', '').toLowerCase()] ?? null);
  // The key for it on a Mac.
  if (metaKey && key === 'Backspace') return 'delete';
  if (ctrlKey || metaKey) return key.toLowerCase() === 'a' && !shiftKey ? 'all' : key === ' ' ? 'pick' : null;
  return others[key] ?? null;
}
