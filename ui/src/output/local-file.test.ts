import { describe, expect, it } from 'vitest';
import type { RunFile } from '../ipc/gen/RunFile';
import { localFileOf } from './local-file';

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
