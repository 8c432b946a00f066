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

/** In the place of each picture that is not part of the text: the copy, the question, or its description. */
export function placePictures(root: HTMLElement, pictures: Pictures | undefined, words: PictureWords): void {
  for (const image of root.querySelectorAll<HTMLImageElement>('img[data-src]')) {
    const address = image.dataset['src'] ?? '';
    const description = image.alt;
    image.removeAttribute('data-src');
    const known = fetched.get(address);
    if (known) {
      image.src = known;
      continue;
    }
    const place = document.createElement('span');
    place.className = 'picture';
    image.replaceWith(place);
    const without = () => offer(place, address, description, pictures, words);
    const fromHere = (unshown: () => void) => {
      const local = pictures?.local(address) ?? null;
      if (local) void local.then((source) => (source ? show(place, source, description, unshown) : without()), without);
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

function offer(place: HTMLElement, address: string, description: string, pictures: Pictures | undefined, words: PictureWords): void {
  const web = webAddress(address);
  const fetch = pictures?.fetch;
  if (!fetch || !web?.startsWith('http')) {
    place.textContent = words.missing(description);
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
        const image = show(place, source, description);
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
  place.replaceChildren(button, said);
}
