import { en, type Words } from './en';
import { zh } from './zh';

export type Language = 'en' | 'zh';

const dictionaries: Record<Language, Words> = { en, zh };

/** The words in use. Read `words.now` in a template or `$derived`, so that a change of language shows at once. */
class WordsInUse {
  language = $state<Language>('en');

  get now(): Words {
    return dictionaries[this.language];
  }
}

export const words = new WordsInUse();
