/** Builds the page into web/dist. Nothing is inlined, so that `default-src 'self'` is policy enough. */
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    // Every browser of the target preloads modules by itself.
    modulePreload: { polyfill: false },
  },
  // In development the API is wherever a server runs.
  server: { proxy: { '/v1': { target: 'http://127.0.0.1:8080', ws: true } } },
});
