import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  base: './',
  plugins: [svelte()],
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
