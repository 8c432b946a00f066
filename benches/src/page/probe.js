// Put into the page by the bench: notes when frames begin, and in which of them a piece of text was first on the screen.
(() => {
  const probe = { frames: [], shown: [], heard: [], on: false };
  window.__probe = probe;

  // What the next frame will show, and what the last one did.
  let coming = null;
  let painted = null;
  let inFrame = false;
  // A timer comes after the frame that it was set in is painted. (A message comes later still: it goes through another process.)
  const after = () => (inFrame = false);

  function frame() {
    const now = performance.now();
    if (probe.on) {
      probe.frames.push(now);
      if (painted) probe.shown.push([painted.number, Date.now(), painted.at]);
    }
    painted = coming;
    coming = null;
    inFrame = true;
    setTimeout(after);
    requestAnimationFrame(frame);
  }
  requestAnimationFrame(frame);

  // The newest numbered piece: from the end of the text, which may end in what is not text.
  function newest(root) {
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    let node = root;
    for (let deepest = root; deepest; deepest = deepest.lastChild) node = deepest;
    walk.currentNode = node;
    for (let text = node.nodeType === 3 ? node : walk.previousNode(), left = 40; text && left > 0; text = walk.previousNode(), left--) {
      const found = text.data.match(/s(\d{6})\b(?!.*s\d{6}\b)/s);
      if (found) return Number(found[1]);
    }
    return null;
  }

  let observer = null;
  /** Watches the first element that the selector finds, also one that comes later or takes its place. */
  probe.watch = (selector) => {
    observer?.disconnect();
    let last = -1;
    observer = new MutationObserver(() => {
      const root = document.querySelector(selector);
      const number = root && newest(root);
      if (number === null || number === undefined || number <= last) return;
      last = number;
      const seen = { number, at: Date.now() };
      if (inFrame) painted = seen;
      else coming = seen;
    });
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
  };

  probe.begin = () => {
    probe.frames = [];
    probe.shown = [];
    probe.heard = [];
    probe.on = true;
  };

  probe.end = () => {
    probe.on = false;
    observer?.disconnect();
    return { frames: probe.frames, shown: probe.shown, heard: probe.heard };
  };

  /** How long until the frame after the one that first satisfies the condition is begun. */
  probe.until = (begin, isThere) =>
    new Promise((resolve, reject) => {
      const begun = performance.now();
      const look = (now) => {
        if (isThere()) requestAnimationFrame(() => resolve(performance.now() - begun));
        else if (now - begun > 60_000) reject(new Error('not there after a minute'));
        else requestAnimationFrame(look);
      };
      begin();
      requestAnimationFrame(look);
    });

  /** When the frame that first satisfies the condition was on the screen, by the clock on the wall. */
  probe.shown_at = (isThere) =>
    new Promise((resolve) => {
      const look = () => (isThere() ? requestAnimationFrame(() => resolve(Date.now())) : requestAnimationFrame(look));
      requestAnimationFrame(look);
    });

  /** From each key to the frame after the one that shows it. */
  probe.keys = [];
  probe.typing = (field) => {
    probe.keys = [];
    field.addEventListener('keydown', (event) => {
      const pressed = Math.min(event.timeStamp, performance.now());
      const heard = performance.now();
      field.addEventListener('input', () => requestAnimationFrame(() => requestAnimationFrame(() => probe.keys.push([performance.now() - pressed, performance.now() - heard]))), { once: true });
    });
  };

  /** Milliseconds from asking for the first page of each search to having it. */
  probe.asked = async (texts) => {
    const took = [];
    for (const text of texts) {
      const begun = performance.now();
      await window.__TAURI_INTERNALS__.invoke('history_find', { search: { text, filter: {} }, after: null, limit: 100 });
      took.push(performance.now() - begun);
    }
    return took;
  };

  /** Puts a text into a field, as if pasted. */
  probe.put = (field, text) => {
    field.focus();
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, text);
    field.dispatchEvent(new Event('input', { bubbles: true }));
  };

  /** From each key in the field to the frame after the one where the first row shows what was typed. */
  probe.finding = (field) => keysIn(field, () => {
    const mark = document.querySelector('[data-testid=history-row] mark')?.textContent.toLowerCase();
    return mark?.startsWith(field.value.toLowerCase()) || document.querySelector('[data-testid=history-empty]');
  });

  /** The same in a field that nothing follows from. */
  probe.alone = () => {
    const field = document.createElement('input');
    field.style.cssText = 'position: fixed; inset: 0 auto auto 0; z-index: 99';
    document.body.append(field);
    keysIn(field, () => true);
  };

  function keysIn(field, isThere) {
    if (probe.field && probe.field !== field && !probe.field.dataset.testid) probe.field.remove();
    probe.field = field;
    probe.keys = [];
    field.addEventListener('keydown', (event) => {
      const pressed = Math.min(event.timeStamp, performance.now());
      const look = () => (isThere() ? requestAnimationFrame(() => probe.keys.push(performance.now() - pressed)) : requestAnimationFrame(look));
      field.addEventListener('input', () => requestAnimationFrame(look), { once: true });
    });
  }

  /** Scrolls an element down and up by a screen's twentieth a frame. */
  probe.scroll = (element, milliseconds) =>
    new Promise((resolve) => {
      const frames = [];
      const begun = performance.now();
      let way = 1;
      const go = () => {
        const now = performance.now();
        frames.push(now);
        if (now - begun > milliseconds) return resolve(frames);
        const before = element.scrollTop;
        element.scrollTop += way * element.clientHeight * 0.15;
        if (element.scrollTop === before) way = -way;
        requestAnimationFrame(go);
      };
      requestAnimationFrame(go);
    });

  /** An empty page in place of the program's, told the same over the same channel. */
  probe.empty = (keep) => {
    document.body.replaceChildren();
    const box = document.createElement('pre');
    box.id = 'floor';
    box.style.cssText = 'white-space: pre-wrap; overflow: hidden; height: 600px; contain: strict';
    document.body.append(box);
    const internals = window.__TAURI_INTERNALS__;
    const held = new Map();
    const reader = new TextDecoder();
    let next = 0;
    probe.over = null;
    const hear = (events) => {
      for (const event of events) {
        if (event.type !== 'run_changed') continue;
        for (const change of event.patch.texts) {
          const number = change.text.match(/s(\d{6})\b(?!.*s\d{6}\b)/s);
          if (number) probe.heard.push([Number(number[1]), Date.now()]);
          box.textContent = (box.textContent + change.text).slice(-keep);
        }
        if (event.patch.head?.finishedAt) probe.over = event.patch.head.status;
      }
    };
    const id = internals.transformCallback(({ message, index }) => {
      held.set(index, message);
      for (; held.has(next); next++) {
        const events = held.get(next);
        held.delete(next);
        hear(events instanceof ArrayBuffer ? JSON.parse(reader.decode(events)) : events);
      }
    });
    return internals.invoke('subscribe', { channel: `__CHANNEL__:${id}` });
  };
})();
