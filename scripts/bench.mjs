#!/usr/bin/env node
/** `npm run bench -- <name> [options]`: runs bench/<name>.bench.ts on Node 22; without a name, lists them. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { ensureSetupOrExit, ROOT } from './setup.mjs';

const [name, ...options] = process.argv.slice(2);
const names = readdirSync(resolve(ROOT, 'bench')).flatMap(
  (file) => file.match(/^(.+)\.bench\.ts$/)?.[1] ?? [],
);
if (!name || !names.includes(name)) {
  console.error(`npm run bench -- <name>, one of: ${names.join(', ')}`);
  process.exit(2);
}
const { node } = await ensureSetupOrExit({ page: false, log: (line) => console.error(line) });
const { status } = spawnSync(node, [`bench/${name}.bench.ts`, ...options], { cwd: ROOT, stdio: 'inherit' });
process.exit(status ?? 1);
