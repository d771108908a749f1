/**
 * For `node --import`: the real src/main.ts, with a tree that takes orders from a test. Nothing but these two
 * imports of main.ts is changed; and SIGUSR2 is a defect in the main thread.
 */
import { registerHooks } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const standIns: Readonly<Record<string, string>> = {
  './actors/tree.ts': './hostile-tree.ts',
  './runtime/supervision/memory-watchdog.ts': './hostile-watchdog.ts',
};

if (isMainThread) {
  process.on('SIGUSR2', () => {
    throw new Error('thrown on purpose');
  });
}

registerHooks({
  resolve(specifier, context, next) {
    const standIn = context.parentURL?.endsWith('/src/main.ts') ? standIns[specifier] : undefined;
    return standIn === undefined
      ? next(specifier, context)
      : next(standIn, { ...context, parentURL: import.meta.url });
  },
});
