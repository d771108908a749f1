#!/usr/bin/env node
/** `npm run fuzz -- --inputs N [--seed S] [--only I]`: the fuzzer (test/fuzz/main.ts) on Node 22. */
import { spawnSync } from 'node:child_process';
import { ensureSetupOrExit, ROOT } from './setup.mjs';

const { node } = await ensureSetupOrExit({ page: false, log: (line) => console.error(line) });
const args = ['test/fuzz/main.ts', ...process.argv.slice(2)];
const { status } = spawnSync(node, args, { cwd: ROOT, stdio: 'inherit' });
process.exit(status ?? 1);
