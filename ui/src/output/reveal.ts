/** What holds more text than it draws, such as folded branches and cut values, and draws a place of it when led there. */
export interface Reveals {
  /** All of its text; null where all of it is drawn. */
  text: () => string | null;
  /** Draws what stands there. What it is drawn in has `data-led`, where there is more around it. */
  show: (at: number) => void;
  /** Another place is led to. */
  leave?: () => void;
}

const known = new WeakMap<Element, Reveals>();

/** `{@attach reveals(…)}` */
export function reveals(what: Reveals) {
  return (element: Element): (() => void) => {
    known.set(element, what);
    element.setAttribute('data-reveals', '');
    return () => void known.delete(element);
  };
}

export function revealsIn(places: readonly Element[]): Reveals[] {
  const elements = new Set(places.flatMap((place) => [...(place.matches('[data-reveals]') ? [place] : []), ...place.querySelectorAll('[data-reveals]')]));
  return [...elements].flatMap((element) => known.get(element) ?? []);
}
