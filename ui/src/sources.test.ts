/** Keeps the floors apart: who may import what, and no text outside `text/`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = import.meta.dirname;
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.(ts|svelte)$/.test(path) && !path.includes('gen/') && !/(\.test|-made)\.ts$/.test(path))
  .map((path) => ({ path: relative(root, join(root, path)).replaceAll('\\', '/'), text: readFileSync(join(root, path), 'utf8') }));

const importsOf = (text: string) => [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');

describe('the sources', () => {
  it('are found', () => {
    expect(sources.length).toBeGreaterThan(60);
  });

  it('know Tauri in one file only', () => {
    const knowing = sources.filter(({ text }) => importsOf(text).some((name) => name.startsWith('@tauri-apps'))).map(({ path }) => path);
    expect(knowing).toEqual(['ipc/tauri.ts']);
  });

  it('have parts that know nothing of the domain', () => {
    for (const { path, text } of sources.filter((source) => source.path.startsWith('parts/'))) {
      for (const name of importsOf(text)) expect(name, path).toMatch(/^(\.\/|svelte)/);
    }
  });

  it('have texts that import nothing but texts', () => {
    for (const { path, text } of sources.filter((source) => source.path.startsWith('text/'))) {
      for (const name of importsOf(text)) expect(name, path).toMatch(/^\.\//);
    }
  });

  it('take the fake in only behind the development switch', () => {
    const taking = sources.filter(({ path, text }) => !path.startsWith('ipc/fake') && importsOf(text).some((name) => /\/fake|-made$/.test(name)));
    expect(taking.map(({ path }) => path)).toEqual(['main.ts']);
  });

  it('hold no visible words in the markup', () => {
    for (const { path, text } of sources.filter((source) => source.path.endsWith('.svelte'))) {
      const markup = text
        .replace(/<script[\s\S]*?<\/script>/g, '')
        .replace(/<!--[\s\S]*?-->/g, '')
        .replace(/\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}/g, '')
        // Attributes may hold arrows, which end in what looks like the end of a tag.
        .replace(/<[^>]*>/g, '\n');
      const words = markup.split('\n').map((line) => line.replace(/&nbsp;/g, '').trim()).filter((line) => /[A-Za-z\u4e00-\u9fff]{2,}/.test(line));
      expect(words, path).toEqual([]);
      expect(text, path).not.toMatch(/\s(aria-label|title|placeholder|alt)="[A-Za-z][^"{]*"/);
    }
  });
});
