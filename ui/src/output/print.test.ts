import { afterEach, describe, expect, it, vi } from 'vitest';
import { fakeBackend, pastRuns } from '../ipc/fake';
import { en } from '../text/en';
import { laySheet, printRun } from './print';

afterEach(() => {
  vi.useRealTimers();
});

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

  const lies = () => document.querySelectorAll('.print-sheet').length;
  const printed = async () => {
    const runs = pastRuns(1);
    await printRun(fakeBackend({ runs }), runs[0]?.head.id ?? '', true, en);
  };

  it('goes when the dialog was cancelled and nobody says so', async () => {
    await printed();
    vi.useFakeTimers();
    vi.advanceTimersByTime(3_600_000);
    expect(lies(), 'the dialog may stand there for an hour').toBe(1);
    document.body.tabIndex = -1;
    document.body.focus();
    window.dispatchEvent(new Event('keydown'));
    window.dispatchEvent(new Event('blur'));
    vi.advanceTimersByTime(3_600_000);
    expect(lies(), 'a key that was pressed before it came does not count').toBe(1);
    window.dispatchEvent(new Event('focus'));
    vi.advanceTimersByTime(9_000);
    window.dispatchEvent(new Event('keydown'));
    expect(lies(), 'the printer may only begin now').toBe(1);
    vi.advanceTimersByTime(2_000);
    expect(lies()).toBe(0);
  });

  it('stays while it is printed, and not for ever', async () => {
    await printed();
    vi.useFakeTimers();
    window.dispatchEvent(new Event('focus'));
    window.dispatchEvent(new Event('beforeprint'));
    vi.advanceTimersByTime(60_000);
    window.dispatchEvent(new Event('focus'));
    vi.advanceTimersByTime(60_000);
    expect(lies(), 'many pages take their time').toBe(1);
    vi.advanceTimersByTime(600_000);
    expect(lies()).toBe(0);
  });

  it('is not taken away by the end of an earlier one', async () => {
    await printed();
    vi.useFakeTimers();
    window.dispatchEvent(new Event('focus'));
    await printed();
    vi.advanceTimersByTime(20_000);
    expect(lies()).toBe(1);
    window.dispatchEvent(new Event('afterprint'));
    expect(lies()).toBe(0);
  });

  it('goes at once when there is no dialog', async () => {
    const runs = pastRuns(1);
    const backend = fakeBackend({ runs });
    backend.printPage = async () => Promise.reject(new Error('no printer'));
    await expect(printRun(backend, runs[0]?.head.id ?? '', true, en)).rejects.toThrow('no printer');
    expect(lies()).toBe(0);
  });
});
