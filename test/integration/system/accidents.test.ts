/** What operators and other programs do to a running system: a second one, evictions, a locked ledger. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TouchlineError } from '../../../src/client/index.ts';
import { commandConnection, connect } from '../../../src/runtime/index.ts';
import { auditLedger } from '../../support/ledger-audit.ts';
import { cellsOf, createPlayer, type Player, placeOneBet, until } from '../../support/player.ts';
import { freePort } from '../../support/redis-server.ts';
import { PROJECT_ROOT } from '../../support/source-files.ts';
import { type RunningSystem, startSystem } from '../../support/system.ts';

const OUTSIDE_LOCK_MS = 10_000;

let system: RunningSystem;
let player: Player;
beforeAll(async () => {
  system = await startSystem({ env: { BROADCASTER_THREADS: '1' } });
  player = await createPlayer(system.url, 4);
});
afterAll(() => system.stop());

interface ActorReport {
  readonly id: string;
  readonly restarts: number;
}
const actors = async (): Promise<ActorReport[]> =>
  ((await (await fetch(`${system.adminUrl}/actors`)).json()) as { actors: ActorReport[] }).actors;
const restarts = async (): Promise<number> =>
  (await actors()).reduce((sum, actor) => sum + actor.restarts, 0);
const seqNow = async (): Promise<number> => (await player.client.price()).seq;
const signedIn = (): Promise<unknown> =>
  until(
    () => player.client.signIn(player.wallet),
    () => true,
  );

/** Ticks come, a wallet can sign in, a bet is taken. */
async function expectWell(): Promise<void> {
  const before = await until(seqNow, () => true);
  await signedIn();
  expect((await placeOneBet(player)).status).toBe('open');
  await until(seqNow, (seq) => seq > before);
}

it('a second core on the same data is refused, and the first one does not notice', async () => {
  await expectWell();
  const [port, adminPort] = [await freePort(), await freePort()];
  const env = {
    ...{ ...process.env, REDIS_URL: system.redis.url, DATA_DIR: system.dataDir },
    ...{ PORT: String(port), ADMIN_PORT: String(adminPort) },
  };
  const second = spawn(process.execPath, ['src/main.ts'], { cwd: PROJECT_ROOT, env });
  let output = '';
  second.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [code] = (await once(second, 'close')) as [number];
  expect(code).toBe(1);
  expect(output).toContain(`ALREADY_RUNNING: ${join(system.dataDir, 'history-writer.lock')}`);
  expect(output).toContain(`running process ${system.pid}`);
  expect(await restarts()).toBe(0);
  await expectWell();
});

it('each key of Redis, evicted one after the other, comes back or is done without', async () => {
  await expectWell();
  const restartsBefore = await restarts();
  const redis = await connect(commandConnection(system.redis.url));
  const keys = (await redis.keys('*')).toSorted();
  for (const prefix of [
    'session:',
    'rate_limit:',
    'price:',
    'prices:',
    'cache:grid:',
    'mailbox:',
    'replies:',
  ])
    expect(keys.some((key) => key.startsWith(prefix))).toBe(true);
  for (const key of keys) {
    const seq = await until(seqNow, () => true);
    await redis.unlink(key);
    await signedIn();
    await until(seqNow, (now) => now > seq);
    if (key === 'price:btc:usd' || key === 'prices:btc:usd:ts')
      await until(
        () => redis.exists(key),
        (count) => count === 1,
      );
  }
  redis.disconnect();
  await expectWell();
  expect(await restarts()).toBe(restartsBefore);
});

it('an outside program that locks the ledger for ten seconds costs time, no bet and no money', async () => {
  await expectWell();
  const lock = `const { DatabaseSync } = require('node:sqlite');
    const db = new DatabaseSync(process.argv[1], { timeout: 5_000 });
    db.exec('BEGIN IMMEDIATE');
    process.stdout.write('held');
    setTimeout(() => db.close(), Number(process.argv[2]));`;
  const args = ['-e', lock, join(system.dataDir, 'ledger.sqlite'), String(OUTSIDE_LOCK_MS)];
  const holder = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const released = once(holder, 'exit');
  await once(holder.stdout, 'data');
  const [bet] = cellsOf(await player.client.grid(), 1);
  if (!bet) throw new Error('no cell');
  const idempotencyKey = 'under-the-lock';
  /** The id of the bet or the code of its refusal; unknown yet as long as the same request may succeed. */
  const decision = (): Promise<string> =>
    player.client.placeBet(bet, { idempotencyKey }).then(
      ({ id }) => id,
      (error: unknown) => {
        if (error instanceof TouchlineError && !error.retryable) return error.code;
        throw error;
      },
    );
  const deciding = until(decision, () => true);
  expect(await Promise.race([deciding, released.then(() => 'released first')])).toBe('released first');
  const answer = await deciding;
  expect(await decision()).toBe(answer);
  await placeOneBet(player);
  expect(auditLedger(system.dataDir).problems).toEqual([]);
  await system.terminate();
  const { problems, bets } = auditLedger(system.dataDir);
  expect(problems).toEqual([]);
  if (answer.startsWith('bet_')) expect(bets.filter(({ id }) => id === answer)).toHaveLength(1);
});
