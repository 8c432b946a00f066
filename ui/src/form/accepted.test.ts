import { describe, expect, it } from 'vitest';
import type { FileRules } from '../ipc/gen/FileRules';
import { en } from '../text/en';
import { zh } from '../text/zh';
import { acceptedText } from './accepted';

const mb = 1024 * 1024;
const limits = { document: 15 * mb, image: 10 * mb, audio: 50 * mb, video: 100 * mb, filesPerField: 10 };
const rules = (kinds: FileRules['kinds'], extensions: string[] = []): FileRules => ({ kinds, extensions, methods: ['local_file'] });

describe('what a field takes', () => {
  it('is said with each kind’s own limit', () => {
    expect(acceptedText(rules(['document']), limits, en)).toBe('Documents, up to 15\u00a0MB each');
    expect(acceptedText(rules(['image', 'document']), limits, en)).toBe('Images up to 10\u00a0MB; documents up to 15\u00a0MB');
    expect(acceptedText(rules(['image', 'document']), limits, zh)).toBe('图片不超过 10\u00a0MB；文档不超过 15\u00a0MB');
  });

  it('names the other kinds beside those of the same limit', () => {
    expect(acceptedText(rules(['custom', 'document'], ['json', 'log']), limits, en)).toBe('Documents, JSON, and LOG, up to 15\u00a0MB each');
    expect(acceptedText(rules(['document', 'custom'], ['a', 'b', 'c', 'd', 'e', 'f', 'g']), limits, en)).toBe('Documents and other files, up to 15\u00a0MB each');
  });

  it('speaks of one file where only one fits', () => {
    expect(acceptedText(rules(['image']), limits, en, 6, false)).toBe('Images, up to 10\u00a0MB');
    expect(acceptedText(rules(['image']), limits, zh, 6, false)).toBe('图片，不超过 10\u00a0MB');
  });

  it('keeps Chinese and other letters apart', () => {
    expect(acceptedText(rules(['document', 'image', 'custom'], ['eml', 'odt']), limits, zh)).toBe('文档、EML 和 ODT 不超过 15\u00a0MB；图片不超过 10\u00a0MB');
  });

  it('is everything where nothing is listed', () => {
    expect(acceptedText(rules([]), limits, en)).toBe('All kinds of files: documents up to 15\u00a0MB; images up to 10\u00a0MB; audio up to 50\u00a0MB; videos up to 100\u00a0MB');
    expect(acceptedText(rules([]), { ...limits, image: 15 * mb, audio: 15 * mb, video: 15 * mb }, en)).toBe('All kinds of files, up to 15\u00a0MB each');
  });
});
