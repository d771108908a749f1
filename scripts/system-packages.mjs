/**
 * Programs that do not come from npm: redis-server and, for the browser tests, Chromium. Looked for first,
 * installed (apt or brew) only when missing, and never started as a service: Touchline starts its own Redis.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A set-up step that cannot go on without the user; `advice` says what to do. */
export class SetupError extends Error {
  name = 'SetupError';
  constructor(code, message, advice) {
    super(`${message}\n  ${advice}`);
    this.code = code;
    this.advice = advice;
  }
}

const USUAL_DIRS = [
  '/usr/bin',
  '/usr/local/bin',
  '/opt/homebrew/bin',
  '/usr/local/sbin',
  '/usr/sbin',
  '/snap/bin',
];
const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const CHROMIUM_APPS = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const REDIS_MAJOR_MIN = 7;
const NO_PROGRAM = 'the install brought no program';

/**
 * Installs Debian packages without letting one start a service: a policy-rc.d that forbids it stands in for
 * the time of the install (left alone where the machine has its own), and the unit is not enabled for later.
 */
const APT_SCRIPT = `
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get install -y --no-install-recommends "$1" || {
  apt-get update
  apt-get install -y --no-install-recommends "$1"
}
if [ "$1" = redis-server ] && [ -d /run/systemd/system ]; then systemctl disable redis-server || true; fi
`;

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The first executable of that name on PATH or in the usual places; undefined if there is none. */
export function findProgram(names) {
  const dirs = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...USUAL_DIRS];
  for (const name of names) {
    for (const dir of dirs) {
      if (isExecutable(join(dir, name))) return join(dir, name);
    }
  }
  return undefined;
}

export function findChromium() {
  const named = process.env.CHROMIUM_PATH;
  if (named) return isExecutable(named) ? named : undefined;
  return findProgram(CHROMIUM_NAMES) ?? CHROMIUM_APPS.find(isExecutable);
}

/** Runs the machine's package manager; returns an explanation when it could not. */
function installPackage(aptName, brewArgs) {
  if (findProgram(['apt-get'])) {
    const isRoot = process.getuid?.() === 0;
    const command = isRoot ? ['sh'] : ['sudo', '-n', 'sh'];
    return runQuietly([...command, '-c', APT_SCRIPT, 'install', aptName]);
  }
  if (findProgram(['brew'])) return runQuietly(['brew', 'install', ...brewArgs]);
  return 'neither apt-get nor brew was found';
}

/** Runs a command with its output kept back; returns the end of that output if it fails. */
export function runQuietly([program, ...args], options = {}) {
  const result = spawnSync(program, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  });
  if (result.status === 0) return undefined;
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}`.trimEnd().split('\n').slice(-25).join('\n');
  const how = result.error ? result.error.message : `exit ${result.signal ?? result.status}`;
  return `${[program, ...args.filter((arg) => !arg.includes('\n'))].join(' ')}: ${how}\n${output}`;
}

function redisMajor(path) {
  const text = spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout ?? '';
  return Number(/v=(\d+)\./.exec(text)?.[1] ?? 0);
}

/** The path of a redis-server of version 7 or later; installs one if need be. Throws SetupError. */
export function ensureRedisServer(step) {
  let path = findProgram(['redis-server']);
  if (path === undefined) {
    const failure = step('installing redis-server', () => installPackage('redis-server', ['redis']));
    path = findProgram(['redis-server']);
    if (path === undefined) {
      throw new SetupError(
        'REDIS_MISSING',
        `redis-server is missing and could not be installed: ${failure ?? NO_PROGRAM}`,
        'Install Redis 7 (Debian, Ubuntu: sudo apt-get install redis-server; macOS: brew install redis), ' +
          'or set REDIS_URL to one that runs.',
      );
    }
  }
  const major = redisMajor(path);
  if (major < REDIS_MAJOR_MIN) {
    throw new SetupError(
      'REDIS_TOO_OLD',
      `${path} is Redis ${major || 'of an unknown version'}; Touchline needs ${REDIS_MAJOR_MIN} or later`,
      'Install a newer redis-server and put it first on PATH, or set REDIS_URL to one that runs.',
    );
  }
  return path;
}

/** The path of a Chromium, or undefined, said loudly: the browser tests are then skipped, nothing else. */
export function ensureChromium(step, log) {
  const found = findChromium();
  if (found) return found;
  let failure = 'CHROMIUM_PATH names no executable';
  if (!process.env.CHROMIUM_PATH) {
    failure = step('installing chromium', () => installPackage('chromium', ['--cask', 'chromium']));
  }
  const installed = findChromium();
  if (installed) return installed;
  log(`setup: WARNING: no Chromium, the browser tests WILL BE SKIPPED: ${failure ?? NO_PROGRAM}`);
  log('setup: install it (Debian: sudo apt-get install chromium) or set CHROMIUM_PATH to run them.');
  return undefined;
}
