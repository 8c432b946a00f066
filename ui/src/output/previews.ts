/** Bytes of a kept result file as an address only this page knows, for <img> and <audio>. */
import type { Backend } from '../ipc/backend';
import type { FileLook } from '../ipc/gen/FileLook';
import type { Run } from '../ipc/gen/Run';
import type { RunFile } from '../ipc/gen/RunFile';
import type { RunId } from '../ipc/gen/RunId';
import { isSound } from '../speech/words';
import { localFileOf } from './local-file';

/** Pictures beside the text are small; these would not be worth it. */
const largestThumb = 12 * 1024 * 1024;

const pictures = new Set(['png', 'jpg', 'jpeg', 'gif', 'webp', 'bmp', 'svg', 'avif']);
const texts = new Set(['txt', 'md', 'markdown', 'mdx', 'csv', 'tsv', 'json', 'jsonl', 'log', 'xml', 'html', 'htm', 'yaml', 'yml', 'vtt', 'srt', 'properties', 'py', 'js', 'ts', 'sql', 'css', 'ini', 'toml', 'sh', 'svg']);

export function isPicture(file: RunFile): boolean {
  return file.local === 'stored' && pictures.has(file.extension) && (file.size ?? 0) <= largestThumb;
}

/** Whether it is worth asking for a look; what the file really is, its bytes say then. */
export function canPreview(file: RunFile): boolean {
  return file.local === 'stored' && (pictures.has(file.extension) || texts.has(file.extension) || isSound(file.extension) || file.extension === 'pdf' || file.extension === '' || /^text\//.test(file.mimeType ?? ''));
}

export interface Held {
  url: string;
  release: () => void;
}

/** The type is the one Rust read from the bytes; nothing here guesses one. */
export async function hold(backend: Backend, run: RunId, index: number, look: FileLook): Promise<Held> {
  const bytes = await backend.runFileBytes(run, index);
  const url = URL.createObjectURL(new Blob([bytes], { type: look.mimeType }));
  return { url, release: () => URL.revokeObjectURL(url) };
}

interface HeldInText {
  held: Promise<Held | null>;
  /** None until it came: what still comes is never let go, for nobody has drawn it yet. */
  bytes: number | null;
}

/** Pictures of texts stay held while they may be drawn again; those that were longest unused go. */
const inTexts = new Map<string, HeldInText>();
const mostBytesInTexts = 64 * 1024 * 1024;

/** The kept copy of a picture a text names; null where there is none. */
export function keptPicture(backend: Backend, run: Run, address: string): Promise<string | null> | null {
  const file = localFileOf(address, run);
  if (!file || !isPicture(file)) return null;
  const key = `${run.head.id}/${file.index}`;
  const known = inTexts.get(key);
  if (known) {
    inTexts.delete(key);
    inTexts.set(key, known);
    return known.held.then((picture) => picture?.url ?? null);
  }
  let size = 0;
  const read = async () => {
    const look = await backend.runFileLook(run.head.id, file.index);
    size = look.size;
    return look.shows === 'picture' ? hold(backend, run.head.id, file.index, look) : null;
  };
  const entry: HeldInText = { held: read(), bytes: null };
  inTexts.set(key, entry);
  entry.held.then(
    (picture) => {
      entry.bytes = picture ? size : 0;
      letGo(entry);
    },
    // What failed is tried again when it is drawn again.
    () => inTexts.delete(key),
  );
  return entry.held.then((picture) => picture?.url ?? null);
}

/** Until what is held is little enough; the one that just came stays. */
function letGo(latest: HeldInText): void {
  let bytes = 0;
  for (const entry of inTexts.values()) bytes += entry.bytes ?? 0;
  for (const [key, entry] of inTexts) {
    if (bytes <= mostBytesInTexts) return;
    if (entry === latest || entry.bytes === null) continue;
    bytes -= entry.bytes;
    inTexts.delete(key);
    void entry.held.then((picture) => picture?.release());
  }
}
