/** Pictures that a text names: the run's own are on this computer, those of the web come only when they are asked for. */
import { decorationButton } from './parts';
import { shownAddress, webAddress } from './links';

export interface Pictures {
  /** The address of a copy on this computer; null where there is none. */
  local(address: string): Promise<string | null> | null;
  /** Fetches one of the web, without telling anybody who asks; only after a click. Missing where there is no way to the web. */
  fetch?: ((address: string) => Promise<string>) | undefined;
}

export interface PictureWords {
  show: (host: string) => string;
  loading: string;
  failed: string;
  missing: (alt: string) => string;
}

/** What was fetched once is shown at once when its block is drawn again. */
const fetched = new Map<string, string>();
const mostFetched = 40;

/** A picture that is not shown yet: what it is, and what stands in its place. */
interface Place {
  address: string;
  description: string;
  /** What it was offered with; nothing is drawn anew that would look the same. */
  offered?: { words: PictureWords; fetches: boolean };
}

const places = new WeakMap<Element, Place>();

/**
 * In the place of each picture that is not part of the text: the copy, the question, or its description. Called again
 * when other copies are there; what is shown by then is left alone, for a picture that comes anew has no height at first.
 */
export function placePictures(root: HTMLElement, pictures: () => Pictures | undefined, words: () => PictureWords): void {
  for (const image of root.querySelectorAll<HTMLImageElement>('img[data-src]')) {
    const address = image.dataset['src'] ?? '';
    image.removeAttribute('data-src');
    const known = fetched.get(address);
    if (known) {
      image.src = known;
      continue;
    }
    const place = document.createElement('span');
    place.className = 'picture';
    places.set(place, { address, description: image.alt });
    image.replaceWith(place);
  }
  const open = root.querySelectorAll('.picture');
  if (open.length === 0) return;
  const [now, said] = [pictures(), words()];
  for (const element of open) {
    const place = places.get(element);
    if (!(element instanceof HTMLElement) || !place) continue;
    const without = () => offer(element, place, now, said);
    const fromHere = (unshown: () => void) => {
      const local = now?.local(place.address) ?? null;
      if (local) void local.then((source) => (source ? show(element, source, place.description, unshown) : without()), without);
      else without();
    };
    // It may have been let go just before it was drawn: then it is read once more.
    fromHere(() => fromHere(without));
  }
}

/** `unshown` finds the place as it was. */
function show(place: HTMLElement, source: string, description: string, unshown?: () => void): HTMLImageElement {
  const image = document.createElement('img');
  image.alt = description;
  if (unshown) {
    image.addEventListener('error', () => {
      image.replaceWith(place);
      unshown();
    }, { once: true });
  }
  image.src = source;
  place.replaceWith(image);
  return image;
}

function offer(element: HTMLElement, place: Place, pictures: Pictures | undefined, words: PictureWords): void {
  const { address, description, offered } = place;
  const web = webAddress(address);
  const fetch = pictures?.fetch;
  if (offered?.words === words && offered.fetches === !!fetch && element.firstChild) return;
  place.offered = { words, fetches: !!fetch };
  if (!fetch || !web?.startsWith('http')) {
    element.textContent = words.missing(description);
    return;
  }
  const { host, address: whole } = shownAddress(web);
  const button = decorationButton('image', words.show(host));
  button.title = whole;
  button.dataset['testid'] = 'show-picture';
  const said = document.createElement('span');
  said.className = 'tiny faint';
  said.setAttribute('role', 'status');
  said.textContent = description;
  button.addEventListener('click', () => {
    if (button.getAttribute('aria-disabled') === 'true') return;
    button.setAttribute('aria-disabled', 'true');
    said.textContent = words.loading;
    fetch(web).then(
      (source) => {
        if (fetched.size >= mostFetched) fetched.delete(fetched.keys().next().value ?? '');
        fetched.set(address, source);
        const had = document.activeElement === button;
        const image = show(element, source, description);
        // The button that had the keyboard is gone.
        if (!had) return;
        image.tabIndex = -1;
        image.focus();
      },
      () => {
        button.removeAttribute('aria-disabled');
        said.textContent = words.failed;
      },
    );
  });
  element.replaceChildren(button, said);
}
