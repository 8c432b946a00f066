/** One formula, set by KaTeX with everything switched off that loads, links or carries attributes. */
import katex from 'katex';
import 'katex/dist/katex.min.css';

/** Commands that KaTeX would show as their names only, without trust, and those that write into the console. */
const notObeyed = /\\(?:href|url|includegraphics|html(?:Class|Id|Style|Data)|message|errmessage|show)(?![a-zA-Z])/;

/** The formula, with MathML for screen readers; null where it cannot be set. */
export function setFormula(tex: string, display: boolean): HTMLElement | null {
  if (notObeyed.test(tex)) return null;
  const box = document.createElement('span');
  try {
    katex.render(tex, box, {
      displayMode: display,
      output: 'htmlAndMathml',
      throwOnError: true,
      trust: false,
      strict: 'ignore',
      // em; a formula must not cover what stands around it.
      maxSize: 20,
      maxExpand: 300,
    });
  } catch {
    return null;
  }
  return box.firstElementChild instanceof HTMLElement ? box.firstElementChild : null;
}
