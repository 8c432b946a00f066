// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { words } from '../text/words.svelte';
import { Looks } from './looks.svelte';

const system = (language: string) => vi.spyOn(navigator, 'language', 'get').mockReturnValue(language);

beforeEach(() => {
  localStorage.clear();
  vi.restoreAllMocks();
  window.matchMedia = vi.fn().mockReturnValue({ matches: false, addEventListener: () => undefined });
});

describe('the language of the page', () => {
  it('is the first app’s where the user chose none and the system’s is none of ours', () => {
    system('de-AT');
    const looks = new Looks();
    expect(words.language, 'before there is an app').toBe('en');
    looks.adoptLanguage('zh-Hans');
    expect(words.language).toBe('zh');
    expect(document.documentElement.lang).toBe('zh-CN');
    new Looks();
    expect(words.language, 'at the next start, too').toBe('zh');
  });

  it('is not turned around by apps that come later', () => {
    system('de-AT');
    const looks = new Looks();
    looks.adoptLanguage('fr-FR');
    expect(words.language, 'none of ours').toBe('en');
    looks.adoptLanguage('zh-Hans');
    expect(words.language).toBe('en');
  });

  it('is the system’s where that is one of ours, and the user’s above all', () => {
    system('en-GB');
    const looks = new Looks();
    looks.adoptLanguage('zh-Hans');
    expect(words.language, 'the system speaks English').toBe('en');
    system('de-AT');
    looks.language = 'en';
    expect(words.language, 'chosen').toBe('en');
    looks.language = 'system';
    expect(words.language, 'nobody has said anything better').toBe('zh');
  });

  it('takes nothing for a language that is none', () => {
    system('de-AT');
    new Looks().adoptLanguage('zh"><script>');
    expect(words.language).toBe('en');
  });
});

describe('what is remembered of an app', () => {
  it('is whether its steps are shown, until it goes', () => {
    const looks = new Looks();
    expect(looks.showsSteps('a'), 'as its owner has it').toBeNull();
    looks.keepShowsSteps('a', true);
    looks.keepShowsSteps('b', false);
    expect([new Looks().showsSteps('a'), new Looks().showsSteps('b')], 'at the next start').toEqual([true, false]);
    looks.forgetApp('a');
    expect([new Looks().showsSteps('a'), new Looks().showsSteps('b')]).toEqual([null, false]);
  });

  it('is that it was on screen last', () => {
    const looks = new Looks();
    expect(looks.lastApp).toBeNull();
    looks.lastApp = 'b';
    expect(new Looks().lastApp).toBe('b');
  });
});
