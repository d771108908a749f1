/** The package entry, built as a browser project would: nothing of Node, and nothing before it is needed. */
import { fileURLToPath } from 'node:url';
import { build, type Rolldown } from 'vite';
import { expect, test } from 'vitest';

const ENTRY = fileURLToPath(new URL('../../src/client/index.ts', import.meta.url));
/** Of the part that every page loads, before compression. */
const ENTRY_BYTES_MAX = 60_000;

test('the client builds for browsers without Node, and loads codec and keys only on demand', async () => {
  const warnings: string[] = [];
  const built = (await build({
    configFile: false,
    root: fileURLToPath(new URL('../..', import.meta.url)),
    logLevel: 'silent',
    build: {
      write: false,
      target: 'es2023',
      lib: { entry: ENTRY, formats: ['es'], fileName: 'client' },
      rolldownOptions: { onwarn: ({ message }) => void warnings.push(message) },
    },
  })) as Rolldown.RolldownOutput[];
  const chunks = built.flatMap(({ output }) => output).filter((part) => part.type === 'chunk');
  expect(warnings).toEqual([]);
  expect(
    chunks.flatMap(({ imports }) => imports.filter((name) => /^(node:|buffer$|crypto$)/.test(name))),
  ).toEqual([]);
  const modules = chunks.flatMap(({ moduleIds }) => moduleIds);
  expect(modules.filter((id) => id.includes('__vite-browser-external'))).toEqual([]);
  const entry = chunks.find(({ isEntry }) => isEntry);
  expect(entry?.moduleIds.filter((id) => id.includes('node_modules'))).toEqual([]);
  expect(entry?.code.length).toBeLessThan(ENTRY_BYTES_MAX);
});
