/** Formulas as they are printed, from a file of their own that is read when the first one is shown. */
import type { setFormula } from './katex-core';
import { displayMark, inlineMark, texOf } from './maths';

type Setter = typeof setFormula;

const longest = 5000;
/** Formulas of the last block are drawn at each update: they are set once. */
const kept = 300;

let loaded: Setter | null = null;
let loading: Promise<void> | null = null;
const cache = new Map<string, HTMLElement | null>();

/** Sets all formulas in an element, now or as soon as that is possible. */
export function setFormulas(root: HTMLElement): void {
  const formulas = [...root.querySelectorAll<HTMLElement>(`code[lang="${inlineMark}"], code[lang="${displayMark}"]`)];
  root.toggleAttribute('data-maths', formulas.length > 0);
  if (formulas.length === 0) return;
  for (const code of formulas) {
    code.toggleAttribute('data-display', code.lang === displayMark);
    code.classList.add('tex');
    code.removeAttribute('lang');
  }
  if (loaded) return formulas.forEach(set);
  loading ??= import('./katex-core').then(
    (module) => void (loaded = module.setFormula),
    () => void (loading = null),
  );
  void loading.then(() => formulas.forEach((code) => code.isConnected && set(code)));
}

function set(code: HTMLElement): void {
  const source = code.textContent ?? '';
  if (!loaded || source.length > longest) return;
  const display = code.hasAttribute('data-display');
  const key = `${display}${source}`;
  let drawn = cache.get(key);
  if (drawn === undefined) {
    drawn = loaded(texOf(source), display);
    if (cache.size >= kept) cache.delete(cache.keys().next().value ?? '');
    cache.set(key, drawn);
  }
  // What cannot be set is shown as it is written.
  if (!drawn) return;
  const formula = document.createElement('span');
  formula.className = display ? 'maths display' : 'maths';
  // Wide formulas scroll; what scrolls must be reachable.
  if (display) formula.tabIndex = 0;
  formula.dataset['source'] = source;
  formula.append(drawn.cloneNode(true));
  code.replaceWith(formula);
}

/** For tests: formulas are set from now on. */
export async function mathsLoaded(): Promise<void> {
  loaded = (await import('./katex-core')).setFormula;
}
