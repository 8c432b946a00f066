/** For tests: what jsdom has not. */
const nothing = () => undefined;

/** `isNarrow`: the window has no room for two things side by side. */
export function lendBrowser(isNarrow: () => boolean = () => false): void {
  window.matchMedia = (media) => ({ media, matches: isNarrow() && media.includes('max-width: 1079px'), onchange: null, addEventListener: nothing, removeEventListener: nothing, addListener: nothing, removeListener: nothing, dispatchEvent: () => false });
  window.ResizeObserver = class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
  window.CSS = { ...window.CSS, escape: (text: string) => text.replace(/["\\]/g, '\\$&') };
  Element.prototype.scrollIntoView = nothing;
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function () {
    this.open = false;
  };
  HTMLCanvasElement.prototype.getContext = () => null;
  Range.prototype.getBoundingClientRect = () => new DOMRect(0, 0, 10, 10);
  globalThis.DOMRect ??= class {} as typeof DOMRect;
  Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, get: () => 600 });
}
