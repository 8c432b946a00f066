/** Links in a run's texts that lead to files which lie on this computer by now. Pure. */
import type { Run } from '../ipc/gen/Run';
import type { RunFile } from '../ipc/gen/RunFile';

/** The kept file a link leads to; null where there is none: then the link is one like others. */
export function localFileOf(url: string, run: Pick<Run, 'files'>): RunFile | null {
  const names = addressesOf(url);
  return run.files.find((file) => file.local === 'stored' && file.link !== null && names.includes(file.link.address)) ?? null;
}

const own = /\/files\/(?:tools\/[0-9a-f-]{32,36}(?:\.\w{1,16})?|[0-9a-f-]{32,36}\/(?:file|image)-preview)$/i;

/** What Rust may call the file: the path of a server's own, else the whole link; both without a signature. */
function addressesOf(url: string): string[] {
  const link = url.trim().replaceAll('&amp;', '&');
  const [address = '', query = ''] = link.split('?', 2);
  const rest = query.split('&').filter((part) => part && !/^(?:timestamp|nonce|sign)=/.test(part)).join('&');
  const whole = rest ? `${address}?${rest}` : address;
  const path = own.exec(address)?.[0];
  return path ? [path, whole] : [whole];
}
