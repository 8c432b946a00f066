import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** Of KaTeX's fonts only the kind that every web view reads: the other two would triple what is shipped. */
const oneKindOfFont: Plugin = {
  name: 'one-kind-of-font',
  enforce: 'pre',
  transform(code, id) {
    return id.endsWith('katex.min.css') ? code.replace(/,url\([^)]*\.(?:woff|ttf)\)\s*format\([^)]*\)/g, '') : undefined;
  },
};

export default defineConfig({
  base: './',
  plugins: [oneKindOfFont, svelte()],
  server: { port: 5173, strictPort: true },
  build: {
    target: ['es2022', 'safari16'],
    // One small program from the local disk: splitting and inlining gain nothing, and fonts or scripts in data: URLs
    // would break the content security policy.
    assetsInlineLimit: 0,
    modulePreload: false,
  },
  test: { environment: 'jsdom', include: ['src/**/*.test.ts'] },
  resolve: process.env['VITEST'] ? { conditions: ['browser'] } : {},
});
