import { describe, expect, it } from 'vitest';
import { fakeBackend, pastRuns } from '../ipc/fake';
import { en } from '../text/en';
import { laySheet, printRun } from './print';

describe('the sheet for the printer', () => {
  it('is one, beside the page, and nothing in it runs', () => {
    laySheet('<h1>One</h1>');
    const sheet = laySheet('<h1>Two</h1><script>window.ran = 1</script><img src="https://x.example/p.png" onerror="window.ran = 1"><p class="text">a<br>b</p><figure><img src="data:image/png;base64,AAAA" alt="a"></figure>');
    expect(document.querySelectorAll('.print-sheet')).toHaveLength(1);
    expect(sheet.parentElement).toBe(document.body);
    expect(sheet.getAttribute('aria-hidden')).toBe('true');
    expect(sheet.querySelector('script, [onerror]')).toBeNull();
    const addresses = [...sheet.querySelectorAll('img')].map((picture) => picture.getAttribute('src'));
    expect(addresses).toEqual([null, 'data:image/png;base64,AAAA']);
    expect(sheet.querySelectorAll('br')).toHaveLength(1);
  });

  it('is laid before the dialog opens, and goes when it closes', async () => {
    const runs = pastRuns(1);
    const backend = fakeBackend({ runs });
    const id = runs[0]?.head.id ?? '';
    await printRun(backend, id, true, en);
    expect(backend.calls.map(([name]) => name)).toEqual(['runReportBody', 'printPage']);
    expect(backend.calls[0]?.[2]).toEqual({ steps: true });
    expect(document.querySelectorAll('.print-sheet')).toHaveLength(1);
    window.dispatchEvent(new Event('afterprint'));
    expect(document.querySelector('.print-sheet')).toBeNull();
  });
});
