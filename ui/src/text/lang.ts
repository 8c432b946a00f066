/** Languages of texts that are not ours. Pure. */

/** For the `lang` of what an app's author wrote, as a screen reader and fonts take it; undefined where it is not said or no language. */
export function langOf(given: string | null | undefined): string | undefined {
  if (!given) return undefined;
  try {
    return Intl.getCanonicalLocales(given.replaceAll('_', '-'))[0];
  } catch {
    return undefined;
  }
}

/** Which of our languages that is. */
export function ourLanguage(tag: string | null | undefined): 'en' | 'zh' | null {
  const base = langOf(tag)?.split('-')[0];
  return base === 'en' || base === 'zh' ? base : null;
}
