/** On macOS ⌘ takes the place of Ctrl. */
export const mac = /Mac/.test(navigator.platform);

const withAlt = (letter: string) => (mac ? `⌥ ${letter}` : `Alt ${letter}`);

export const keyNames = {
  run: mac ? '⌘ ↵' : 'Ctrl ↵',
  newRun: mac ? '⌘ N' : 'Ctrl N',
  stop: mac ? '⌘ .' : 'Ctrl .',
  sidebar: mac ? '⌘ B' : 'Ctrl B',
  paste: mac ? '⌘ V' : 'Ctrl V',
  undo: mac ? '⌘ Z' : 'Ctrl Z',
  help: 'F1  ?',
  rows: '↑ ↓',
  fold: '→ ←',
  details: '↵',
  problem: 'N',
  end: 'End',
  find: mac ? '⌘ F' : 'Ctrl F',
  listen: '␣',
  move: '← →',
  search: mac ? '/  ⌘ F' : '/  Ctrl F',
  pick: mac ? '␣  ⇧ ↑ ↓  ⌘ A' : '␣  Shift ↑ ↓  Ctrl A',
  star: withAlt('S'),
  review: withAlt('R'),
  note: withAlt('N'),
  tag: withAlt('T'),
  rename: 'F2',
  delete: mac ? '⌘ ⌫' : 'Del',
  hits: mac ? 'F3  ⇧ F3' : 'F3  Shift F3',
  actions: mac ? '⇧ F10' : 'Shift F10',
  back: mac ? '⌘ [' : 'Alt ←',
  difference: mac ? 'N  ⇧ N' : 'N  Shift N',
  esc: 'Esc',
} as const;
