#!/usr/bin/env node
/** `npm run chaos -- --disconnects N [--seed S]`: cuts connections at random (test/chaos/main.ts). */
import { spawnSync } from 'node:child_process';
import { ensureSetupOrExit, ROOT } from './setup.mjs';

const { node } = await ensureSetupOrExit({ page: false, log: (line) => console.error(line) });
const args = ['test/chaos/main.ts', ...process.argv.slice(2)];
const { status } = spawnSync(node, args, { cwd: ROOT, stdio: 'inherit' });
process.exit(status ?? 1);
