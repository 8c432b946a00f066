/** What keys do in the list of runs. Pure. */
export type ListCommand = 'star' | 'note' | 'tag' | 'rename' | 'delete' | 'review';

type Key = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

const letters: Record<string, ListCommand> = { s: 'star', n: 'note', t: 'tag', r: 'review' };
const others: Record<string, ListCommand | 'open' | 'pick' | 'letGo'> = { 'F2': 'rename', 'Delete': 'delete', 'Enter': 'open', ' ': 'pick', 'Escape': 'letGo' };

export function commandOf({ key, ctrlKey, metaKey, altKey, shiftKey }: Key): ListCommand | 'open' | 'pick' | 'all' | 'letGo' | null {
  if (altKey) return null;
  // The key for it on a Mac.
  if (metaKey && key === 'Backspace') return 'delete';
  if (ctrlKey || metaKey) return key.toLowerCase() === 'a' && !shiftKey ? 'all' : key === ' ' ? 'pick' : null;
  return others[key] ?? (shiftKey ? null : (letters[key] ?? null));
}
