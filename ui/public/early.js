// Applies the kept look before the first paint; src/state/looks.svelte.ts writes what is read here.
(function () {
  var root = document.documentElement;
  var kept = {};
  try {
    kept = JSON.parse(localStorage.getItem('flowdeck.looks') || '{}') || {};
  } catch {
    // Unreadable or forbidden storage means the defaults.
  }
  if (kept.theme === 'light' || kept.theme === 'dark') root.dataset.theme = kept.theme;
  if (kept.textSize === 'small' || kept.textSize === 'large') root.dataset.text = kept.textSize;
  var wanted = kept.language === 'en' || kept.language === 'zh' ? kept.language : /^(en|zh)\b/i.test(navigator.language) ? navigator.language : kept.appLanguage;
  root.lang = /^zh/i.test(wanted) ? 'zh-CN' : 'en';
})();
