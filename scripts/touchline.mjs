#!/usr/bin/env node
/**
 * `npx touchline <command>`: runs src/cli/main.ts on Node 22 from any Node. Beside a system started by
 * `npm start` it finds that system's Redis by itself.
 */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { runningRedisUrl } from './redis.mjs';
import { ensureSetupOrExit, ROOT } from './setup.mjs';

const log = (line) => console.error(line);
const { node } = await ensureSetupOrExit({ redis: false, page: false, log });
const dataDir = resolve(ROOT, process.env.DATA_DIR || 'var');
const redisUrl = process.env.REDIS_URL || runningRedisUrl(resolve(dataDir, 'redis'));
const cli = spawn(node, [resolve(ROOT, 'src/cli/main.ts'), ...process.argv.slice(2)], {
  env: { ...process.env, DATA_DIR: dataDir, ...(redisUrl ? { REDIS_URL: redisUrl } : {}) },
  stdio: 'inherit',
});
// A terminal's Ctrl-C reaches the command itself; here it must only not end the parent first.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => cli.kill('SIGTERM'));
cli.once('error', (error) => {
  console.error(`touchline: ${error.message}`);
  process.exit(1);
});
cli.once('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
