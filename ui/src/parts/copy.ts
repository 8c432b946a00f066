/** Puts text on the clipboard; false when the web view does not let us. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByEvent(text, null);
  }
}

/** With formatting, for Word and Excel, and as plain text for everything else. */
export async function copyRich(html: string, text: string): Promise<boolean> {
  // An empty form would be pasted in place of the text.
  if (!html) return copyText(text);
  try {
    await navigator.clipboard.write([
      new ClipboardItem({
        'text/html': new Blob([html], { type: 'text/html' }),
        'text/plain': new Blob([text], { type: 'text/plain' }),
      }),
    ]);
    return true;
  } catch {
    return copyByEvent(text, html);
  }
}

/** The old way, which web views without the clipboard interface still know. */
function copyByEvent(text: string, html: string | null): boolean {
  let done = false;
  const fill = (event: ClipboardEvent) => {
    event.clipboardData?.setData('text/plain', text);
    if (html !== null) event.clipboardData?.setData('text/html', html);
    event.preventDefault();
    done = true;
  };
  document.addEventListener('copy', fill);
  document.execCommand('copy');
  document.removeEventListener('copy', fill);
  return done;
}
