/** For what goes by itself, such as a button of something that ends: whoever was at it by keyboard is led on, not left nowhere. */
export function leadsOn(to: () => HTMLElement | null | undefined) {
  return (element: HTMLElement): (() => void) => {
    let inside = element.contains(document.activeElement);
    const came = () => (inside = true);
    // Without a place it went to it may have been taken away with the element.
    const went = (event: FocusEvent) => {
      if (event.relatedTarget !== null) inside = false;
    };
    element.addEventListener('focusin', came);
    element.addEventListener('focusout', went);
    return () => {
      element.removeEventListener('focusin', came);
      element.removeEventListener('focusout', went);
      if (!inside) return;
      setTimeout(() => {
        if (!document.activeElement || document.activeElement === document.body) to()?.focus();
      });
    };
  };
}
