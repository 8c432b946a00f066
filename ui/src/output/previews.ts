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
export async function hold(backend: Backend, run: RunId, file: RunFile, look: FileLook): Promise<Held> {
  const bytes = await backend.runFileBytes(run, file.index);
  const url = URL.createObjectURL(new Blob([bytes], { type: look.mimeType }));
  return { url, release: () => URL.revokeObjectURL(url) };
}

/** Pictures of texts stay held while they may be drawn again; the oldest go. */
const inTexts = new Map<string, Promise<Held | null>>();
const mostInTexts = 40;

/** The kept copy of a picture a text names; null where there is none. */
export function keptPicture(backend: Backend, run: Run, address: string): Promise<string | null> | null {
  const file = localFileOf(address, run);
  if (!file || !isPicture(file)) return null;
  const key = `${run.head.id}/${file.index}`;
  let held = inTexts.get(key);
  if (!held) {
    held = backend.runFileLook(run.head.id, file.index).then((look) => (look.shows === 'picture' ? hold(backend, run.head.id, file, look) : null));
    inTexts.set(key, held);
    // What failed is tried again when it is drawn again.
    held.catch(() => inTexts.delete(key));
    for (const [oldest, old] of inTexts) {
      if (inTexts.size <= mostInTexts) break;
      inTexts.delete(oldest);
      void old.then((picture) => picture?.release(), () => undefined);
    }
  }
  return held.then((picture) => picture?.url ?? null);
}
