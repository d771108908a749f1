#!/usr/bin/env node
/**
 * `npm run sim -- --seeds N [--seed S] [--minutes M] [--twice] [--mutants]`: the deterministic simulator of
 * test/simulation on Node 22; its main.ts says what each option does.
 */
import { spawnSync } from 'node:child_process';
import { ensureSetupOrExit, ROOT } from './setup.mjs';

const log = (line) => console.error(line);
const { node } = await ensureSetupOrExit({ page: false, redis: false, log });
const args = ['test/simulation/main.ts', ...process.argv.slice(2)];
const { status } = spawnSync(node, args, { cwd: ROOT, stdio: 'inherit' });
process.exit(status ?? 1);
