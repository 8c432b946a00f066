/** In which script a piece of text is written, so that it is set and spoken accordingly within a page of another one. */

/** So much of a text tells it. */
const looked = 400;

export function scriptOf(text: string): 'zh' | 'ja' | 'ko' | 'latin' | null {
  const beginning = text.slice(0, looked);
  const count = (letters: RegExp) => beginning.match(letters)?.length ?? 0;
  const han = count(/\p{Script=Han}/gu);
  const kana = count(/[\p{Script=Hiragana}\p{Script=Katakana}]/gu);
  const hangul = count(/\p{Script=Hangul}/gu);
  // One sign says about as much as half a word.
  const words = count(/\p{Script=Latin}{2,}/gu);
  if (han + kana + hangul === 0) return words > 1 ? 'latin' : null;
  if ((han + kana + hangul) / 2 < words) return 'latin';
  if (hangul > han) return 'ko';
  return kana * 5 > han ? 'ja' : 'zh';
}

/** Marks an element where its text is written otherwise than the page. */
export function markScript(element: HTMLElement, locale: string): void {
  const script = scriptOf(element.textContent ?? '');
  const here = locale.split('-')[0] ?? '';
  // What is written in Latin letters may be in any of their languages: only among Chinese it is taken for English.
  const marked = script === 'latin' ? (here === 'zh' ? 'en' : null) : script === here ? null : script;
  if (marked) element.lang = marked === 'zh' ? 'zh-CN' : marked;
  else element.removeAttribute('lang');
}
