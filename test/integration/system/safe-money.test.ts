/** What keeps the books safe, on the whole system: operators, audits, backups, refusing another ledger. */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cellsOf, createPlayer, type Player, placeOneBet, until } from '../../support/player.ts';
import { PROJECT_ROOT } from '../../support/source-files.ts';
import { type RunningSystem, startSystem } from '../../support/system.ts';

interface Ran {
  readonly code: number | null;
  // biome-ignore lint/suspicious/noExplicitAny: the JSON of any command.
  readonly json: any;
  readonly output: string;
}

let system: RunningSystem;
let player: Player;
let backupDir: string;
beforeAll(async () => {
  system = await startSystem({ env: { BROADCASTER_THREADS: '1' } });
  player = await createPlayer(system.url, 4);
  backupDir = mkdtempSync(join(tmpdir(), 'touchline-backup-'));
});
afterAll(async () => {
  await system.stop();
  rmSync(backupDir, { recursive: true, force: true });
});

/** A program of the project to its end. */
function run(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: PROJECT_ROOT,
    env: { ...process.env, REDIS_URL: system.redis.url, DATA_DIR: system.dataDir, ...env },
  });
  let output = '';
  let last = '';
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    last += chunk.toString();
  });
  return new Promise((resolve) =>
    child.once('close', (code) => {
      const line = last.trim().split('\n').at(-1) ?? '';
      resolve({ code, output, json: line.startsWith('{') ? JSON.parse(line) : undefined });
    }),
  );
}
const touchline = (...args: string[]): Promise<Ran> => run('src/cli/main.ts', args);
const market = (...args: string[]): Promise<Ran> => touchline('market', ...args, '--admin', system.adminUrl);
/** One try, whatever comes of it; a cell that is farther away, so that the lock is not what refuses it. */
async function tryOneBet(): Promise<unknown> {
  const requests = cellsOf(await player.client.grid(), 12);
  return player.client.placeBet(requests.at(-1) as (typeof requests)[number]);
}
/** Of a start that never comes to opening them. */
const ports = { PORT: '2', ADMIN_PORT: '1' };

describe('an operator at the admin port', () => {
  it('pauses and resumes by command, with a reason, and everybody is told', async () => {
    await placeOneBet(player);
    expect((await market('pause')).code).toBe(2);
    expect(await market('pause', '--reason', 'drill', '--actor', 'ann')).toMatchObject({
      code: 0,
      json: { action: 'pause', actor: 'ann', reason: 'drill' },
    });
    const paused = await until(
      () => player.client.status(),
      ({ paused }) => paused,
    );
    expect(paused.pauseReason).toBe('OPERATOR');
    await expect(tryOneBet()).rejects.toMatchObject({
      code: 'PAUSED',
      details: { reason: 'OPERATOR' },
    });
    await market('resume', '--reason', 'drill is over');
    await until(
      () => player.client.status(),
      ({ paused }) => !paused,
    );
    expect(await market('status')).toMatchObject({
      json: { paused: false, actions: [{ action: 'pause' }, { action: 'resume' }] },
    });
  });

  it('voids an open bet: the stake comes back', async () => {
    const bet = await placeOneBet(player);
    const voided = await until(
      () => market('void', bet.id, '--reason', 'asked for'),
      ({ code }) => code === 0,
    );
    expect(voided.json).toMatchObject({ action: 'void', target: bet.id, bets: 1 });
    expect(await player.client.bet(bet.id)).toMatchObject({ status: 'void', reason: 'OPERATOR' });
  });

  it('is asked for the token that only who may read the data can read', async () => {
    expect(statSync(join(system.dataDir, 'operator.token')).mode & 0o777).toBe(0o600);
    const command = JSON.stringify({ id: 'x', actor: 'eve', reason: 'none', command: { type: 'pause' } });
    for (const authorization of ['', 'Bearer ', `Bearer ${'0'.repeat(64)}`]) {
      const init = { method: 'POST', body: command, headers: { authorization } };
      expect((await fetch(`${system.adminUrl}/operate`, init)).status).toBe(401);
    }
    expect((await fetch(`${system.url}/operate`, { method: 'POST', body: command })).status).not.toBe(200);
    expect((await player.client.status()).paused).toBe(false);
  });
});

it('a wallet sets its own limits, and is held to them', async () => {
  const none = { maxStakeMicros: null, maxLossMicros: null, pausedUntilMs: null };
  expect(await player.client.selfLimits()).toEqual({ now: none });
  const limits = { ...none, maxStakeMicros: '1' };
  expect(await player.client.setSelfLimits(limits)).toEqual({ now: limits });
  await expect(tryOneBet()).rejects.toMatchObject({ code: 'SELF_LIMIT', details: { limit: 'stake' } });
  expect(await player.client.setSelfLimits(none)).toMatchObject({ now: limits, next: none });
});

describe('the ledger of a running system', () => {
  it('is audited beside it, by a reader', async () => {
    const { code, json } = await touchline('ledger', 'audit', '--full');
    expect([code, json.ok, json.checks.filter(({ ok }: { ok: boolean }) => !ok)]).toEqual([0, true, []]);
  });

  it('is backed up under load; the backup is sound, and refused until somebody says to go back', async () => {
    const other = await createPlayer(system.url, 5);
    let isDone = false;
    const load = (async () => {
      for (const request of cellsOf(await other.client.grid(), 500)) {
        if (isDone) return;
        await other.client.placeBet(request).catch(() => {});
      }
    })();
    const { code, json } = await touchline('backup', backupDir);
    isDone = true;
    await load;
    expect([code, json.ok]).toEqual([0, true]);
    await placeOneBet(other);
    expect(await system.terminate()).toBe(0);
    expect(await touchline('ledger', 'audit', '--data', backupDir)).toMatchObject({ code: 0 });

    for (const end of ['-wal', '-shm'])
      for (const name of ['ledger', 'ticks'])
        rmSync(join(system.dataDir, `${name}.sqlite${end}`), { force: true });
    for (const name of ['ledger.sqlite', 'ticks.sqlite'])
      copyFileSync(join(backupDir, name), join(system.dataDir, name));
    const refusedStart = await run('src/main.ts', [], ports);
    expect(refusedStart.output).toContain('LEDGER_ROLLED_BACK');
    expect(refusedStart.code).toBe(3);

    expect(await touchline('ledger', 'accept-rollback')).toMatchObject({ code: 2 });
    const accepted = await touchline('ledger', 'accept-rollback', '--reason', 'restore drill');
    expect(accepted).toMatchObject({ code: 0, json: { isCopied: true } });
    await system.restart();
    expect((await market('status')).json.actions.at(-1)).toMatchObject({
      action: 'accept-rollback',
      reason: 'restore drill',
    });
    expect(await touchline('ledger', 'audit')).toMatchObject({ code: 0 });
  });

  it('is not begun anew when it is gone', async () => {
    expect(await system.terminate()).toBe(0);
    rmSync(join(system.dataDir, 'ledger.sqlite'));
    const refusedStart = await run('src/main.ts', [], ports);
    expect([refusedStart.code, refusedStart.output.includes('LEDGER_MISSING')]).toEqual([3, true]);
  });
});
