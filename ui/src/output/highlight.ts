/** Colours for code, from a file of their own that is read when the first code is shown. */
import type { colouring } from './highlight-core';

type Colouring = typeof colouring;

/** Longer code is plain: colouring it would hold the page up. */
const longest = 20_000;

let loaded: Colouring | null = null;
let loading: Promise<void> | null = null;

/** Colours code in place, now or as soon as that is possible. An unknown language stays plain. */
export function highlight(code: HTMLElement, language: string): void {
  const text = code.textContent ?? '';
  if (!language || text.length > longest || !/^[\w+#.-]{1,20}$/.test(language)) return;
  const go = () => {
    const coloured = loaded?.(text, language.toLowerCase());
    // What is not exactly the code again is not shown.
    if (coloured && coloured.textContent === text) code.replaceChildren(coloured);
  };
  if (loaded) return go();
  loading ??= import('./highlight-core').then(
    (module) => void (loaded = module.colouring),
    () => void (loading = null),
  );
  void loading.then(() => {
    // It may have been drawn anew, or be changed, meanwhile.
    if (code.isConnected && code.textContent === text) go();
  });
}

/** For tests: colours are there from now on. */
export async function highlightLoaded(): Promise<void> {
  loaded = (await import('./highlight-core')).colouring;
}
