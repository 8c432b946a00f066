import { describe, expect, it, vi } from 'vitest';
import type { RunFile } from '../ipc/gen/RunFile';
import { fakeBackend } from '../ipc/fake';
import type { Run } from '../ipc/gen/Run';
import { localFileOf } from './local-file';
import { keptPicture } from './previews';

const uuid = '28da2d65-37bc-43c4-bc6a-c2e280413c05';
const file = (index: number, address: string | null, local: RunFile['local'] = 'stored'): RunFile => ({
  index, variable: 'f', name: 'a.png', extension: 'png', mimeType: null, size: 1, local, link: address === null ? null : { address, until: null },
});

describe('a link in a text', () => {
  const run = { files: [file(0, null), file(1, `/files/tools/${uuid}.png`), file(2, 'https://host.example/get?id=7'), file(3, `/files/${uuid}/file-preview`, 'expired')] };

  it('leads to the kept file whatever host and signature it has', () => {
    for (const link of [`/files/tools/${uuid}.png?timestamp=1&nonce=2&sign=3`, `http://api:5001/files/tools/${uuid}.png?timestamp=9&amp;nonce=8&amp;sign=7`, `https://dify.example/sub/files/tools/${uuid}.png`]) {
      expect(localFileOf(link, run)?.index, link).toBe(1);
    }
    expect(localFileOf('https://host.example/get?id=7&sign=new', run)?.index).toBe(2);
  });

  it('stays a link where nothing is kept', () => {
    for (const link of [`/files/${uuid}/file-preview?sign=1`, 'https://host.example/get?id=8', 'javascript:alert(1)', '', '/files/tools/other.png']) expect(localFileOf(link, run), link).toBeNull();
  });
});

describe('a picture in a text', () => {
  const address = `/files/tools/${uuid}.png`;
  const run = (id: string) => ({ head: { id }, files: [file(0, address), file(1, '/x', 'failed')] }) as unknown as Run;

  it('is drawn from this computer, and read once', async () => {
    vi.spyOn(URL, 'createObjectURL').mockReturnValue('blob:one');
    const backend = { ...fakeBackend(), runFileLook: vi.fn(async () => ({ shows: 'picture' as const, mimeType: 'image/png', size: 1, text: null, cut: false })) };
    expect(await keptPicture(backend, run('a'), `http://api:5001${address}?sign=1`)).toBe('blob:one');
    expect(await keptPicture(backend, run('a'), address)).toBe('blob:one');
    expect(backend.runFileLook).toHaveBeenCalledTimes(1);
  });

  it('is not let go before it is drawn, however many a text has', async () => {
    let made = 0;
    vi.spyOn(URL, 'createObjectURL').mockImplementation(() => `blob:${made++}`);
    const revoked = vi.spyOn(URL, 'revokeObjectURL').mockImplementation(() => undefined);
    const size = { now: 100_000 };
    const backend = { ...fakeBackend(), runFileLook: vi.fn(async () => ({ shows: 'picture' as const, mimeType: 'image/png', size: size.now, text: null, cut: false })) };
    const many = { head: { id: 'many' }, files: Array.from({ length: 100 }, (_, n) => file(n, `https://h/${n}.png`)) } as unknown as Run;
    await Promise.all(many.files.map((_, n) => keptPicture(backend, many, `https://h/${n}.png`)));
    expect(revoked, 'they are small').not.toHaveBeenCalled();
    size.now = 40 * 1024 * 1024;
    const large = { ...many, head: { id: 'large' } } as unknown as Run;
    await Promise.all([0, 1].map((n) => keptPicture(backend, large, `https://h/${n}.png`)));
    await Promise.resolve();
    expect(revoked, 'the oldest go for large ones').toHaveBeenCalledWith('blob:0');
    const asked = backend.runFileLook.mock.calls.length;
    await keptPicture(backend, large, 'https://h/1.png');
    expect(backend.runFileLook, 'the newest stays').toHaveBeenCalledTimes(asked);
  });

  it('is none where nothing is kept, or where it is something else', async () => {
    expect(keptPicture(fakeBackend(), run('b'), 'https://elsewhere.example/a.png')).toBeNull();
    expect(await keptPicture(fakeBackend(), run('b'), address), 'a text that is called a picture').toBeNull();
  });
});
