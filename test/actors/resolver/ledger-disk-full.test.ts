/**
 * A disk that really refuses to write. Everywhere: a limit on the size of files, which SQLite takes for an
 * I/O error. Where this process may mount: a file system that is full.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { PROJECT_ROOT } from '../../support/source-files.ts';

interface Filled {
  readonly found: number;
  readonly acked: number;
  readonly readable: number;
  readonly code?: string;
}

const FILL = '"$NODE" test/support/fill-ledger.ts "$DIR/ledger.sqlite"';
/** Each fills the disk, gives room, and goes on with three more commits. */
const WAYS: Readonly<Record<string, { readonly script: string; readonly code: RegExp }>> = {
  'a file that may not grow': {
    script: `(ulimit -S -f 2000; ${FILL}) && ${FILL} 3`,
    code: /^SQLITE_(IOERR_WRITE|FULL)$/,
  },
  ...(mayMount() && {
    'a full file system': {
      script: `mount -t tmpfs -o size=900k tmpfs "$DIR" && head -c 100000 /dev/zero > "$DIR/ballast" &&
        ${FILL} && rm "$DIR/ballast" && ${FILL} 3`,
      code: /^SQLITE_FULL$/,
    },
  }),
};

/** In a namespace of its own, so that the mount ends with the shell. */
function run(script: string, dir: string): Filled[] {
  const shell = ['/bin/sh', '-c', script];
  const [program = '', ...args] = script.startsWith('mount') ? ['unshare', '-rm', ...shell] : shell;
  const env = { ...process.env, DIR: dir, NODE: process.execPath };
  const { stdout, stderr } = spawnSync(program, args, { cwd: PROJECT_ROOT, env, encoding: 'utf8' });
  const lines = stdout.trim().split('\n').filter(Boolean);
  if (lines.length !== 2) throw new Error(`${stdout}\n${stderr}`);
  return lines.map((line) => JSON.parse(line) as Filled);
}

function mayMount(): boolean {
  const script = 'mount -t tmpfs tmpfs "$0"';
  const dir = mkdtempSync(join(tmpdir(), 'touchline-mount-'));
  const { status } = spawnSync('unshare', ['-rm', '/bin/sh', '-c', script, dir]);
  rmSync(dir, { recursive: true });
  return status === 0;
}

it.each(Object.entries(WAYS))(
  'with %s the ledger refuses, keeps what it promised, stays readable, and goes on with room again',
  (_what, { script, code }) => {
    const parent = mkdtempSync(join(tmpdir(), 'touchline-full-'));
    onTestFinished(() => rmSync(parent, { recursive: true }));
    const dir = join(parent, 'data');
    mkdirSync(dir);
    const [full, after] = run(script, dir) as [Filled, Filled];
    expect(full.code).toMatch(code);
    expect(full.acked).toBeGreaterThan(10);
    expect(full.readable).toBe(full.acked);
    expect(after).toEqual({ found: full.acked, acked: full.acked + 3, readable: full.acked + 3 });
  },
);
