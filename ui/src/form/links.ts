/** Links as people paste them, and whether a server elsewhere can be expected to reach them. Pure. */

/** “example.org/a.pdf”: as addresses are written and read out, without their beginning. */
const bare = /^(?:[\p{L}\d](?:[\p{L}\d-]*[\p{L}\d])?\.)+\p{L}{2,}(?::\d+)?\/\S/u;

/** One link, or several with anything blank between them. */
export function linksIn(text: string): string[] {
  const links = text.split(/\s+/u).filter(Boolean);
  return [...new Set(links.map((link) => (bare.test(link) ? `https://${link}` : link)))];
}

/** An address that only exists inside some network: a server elsewhere knows another host by it, or none. */
export function isNear(link: string): boolean {
  let host: string;
  try {
    host = new URL(link).hostname.toLowerCase();
  } catch {
    return false;
  }
  if (host.startsWith('[')) return /^\[(::1?\]|f[cde]|::ffff:(7f|a[0-9a-f]{2}:|c0a8:))/u.test(host);
  const parts = host.split('.').map(Number);
  if (parts.length === 4 && parts.every((part) => Number.isInteger(part) && part >= 0 && part < 256)) {
    const [first = 0, second = 0] = parts;
    return first === 0 || first === 10 || first === 127 || (first === 169 && second === 254) || (first === 172 && second >= 16 && second < 32) || (first === 192 && second === 168) || (first === 100 && second >= 64 && second < 128);
  }
  return !host.includes('.') || ['.localhost', '.local', '.lan', '.internal', '.intranet', '.home', '.corp', '.home.arpa'].some((end) => host.endsWith(end));
}

/** The server may not reach it, though this computer does. */
export function onlyHere(link: string, server: string): boolean {
  return isNear(link) && !isNear(server);
}
