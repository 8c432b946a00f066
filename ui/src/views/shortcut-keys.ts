/** On macOS ⌘ takes the place of Ctrl. */
const mac = /Mac/.test(navigator.platform);

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
  esc: 'Esc',
} as const;
