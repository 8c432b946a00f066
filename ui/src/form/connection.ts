/** What people paste: addresses with spaces around, keys with line breaks and the word `Bearer` in front. */
export function cleanAddress(pasted: string): string {
  return pasted.replace(/\s+/g, '');
}

export function cleanKey(pasted: string): string {
  return pasted.trim().replace(/^(Authorization\s*:\s*)?Bearer\s+/i, '').replace(/\s+/g, '');
}

/** http to another computer: others in the network can read along. */
export function isPlainHttp(address: string): boolean {
  const match = /^http:\/\/(\[[^\]]*\]|[^/:?#]*)/i.exec(cleanAddress(address));
  const host = match?.[1]?.toLowerCase() ?? '';
  return match !== null && host !== '' && !/^(localhost|.*\.localhost|127(\.\d+){0,3}|\[::1\])$/.test(host);
}
