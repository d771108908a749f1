/** Receipts and proofs of the whole system, checked with nothing but files: as a player in doubt would. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type BetView,
  createTouchlineClient,
  type TouchlineClient,
  throwAwayWallet,
  verifyProof,
} from '../../../src/client/index.ts';
import { type RunningSystem, startSystem } from '../../support/system.ts';

const PROJECT_DIR = fileURLToPath(new URL('../../..', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'touchline-proof-'));
let system: RunningSystem;
let client: TouchlineClient;

beforeAll(async () => {
  system = await startSystem({ env: { PRICE_SOURCE: 'synthetic', BROADCASTER_THREADS: '1' } });
  client = createTouchlineClient({ baseUrl: system.url });
  await client.signIn(await throwAwayWallet());
}, 60_000);
afterAll(async () => {
  await system?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const touchline = (...args: readonly string[]) => {
  const { stdout, status, stderr } = spawnSync(process.execPath, ['src/cli/main.ts', ...args], {
    cwd: PROJECT_DIR,
    encoding: 'utf8',
  });
  const json: unknown = stdout === '' ? stderr : JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  return { json, status };
};

/** The first cell of the grid that is offered. */
async function placeOne(): Promise<BetView> {
  for (;;) {
    const grid = await client.grid().catch(() => undefined);
    const column = grid?.columns[0];
    const row = grid?.multipliers[0]?.findIndex((multiplier) => multiplier !== null) ?? -1;
    const lowCents = grid?.rows[row];
    if (grid && column !== undefined && lowCents !== undefined) {
      const cell = { opensAtMs: column, closesAtMs: column + grid.columnMs, lowCents };
      const stake = { stakeMicros: '1000000', minMultiplier: '1.00' };
      const highCents = lowCents + grid.rowHeightCents;
      const request = { symbol: 'btc:usd', kind: 'touch', ...stake, ...cell, highCents } as const;
      const placed = await client.placeBet(request).catch(() => undefined);
      if (placed) return placed;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** The client waits and asks again as it is told. */
async function proofOf(bet: BetView) {
  for (;;) {
    try {
      return await client.proof(bet.id);
    } catch (error) {
      if ((error as { code: string }).code !== 'PROOF_PENDING') throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

it('a bet carries its receipt, and its settlement a proof that holds anywhere', async () => {
  const { proof: keys } = await client.status();
  const bet = await placeOne();
  expect(bet.receipt).toMatchObject({ signer: keys.signer, message: { betId: bet.id, wallet: bet.wallet } });
  expect((await client.bet(bet.id)).receipt).toEqual(bet.receipt);

  const proof = await proofOf(bet);
  const { status } = await client.bet(bet.id);
  expect(proof.receipt).toEqual(bet.receipt);
  expect(await verifyProof(proof, { signers: [keys.signer] })).toMatchObject({
    valid: true,
    outcome: status,
  });

  const file = join(dir, 'proof.json');
  writeFileSync(file, JSON.stringify(proof, null, 2));
  const told = touchline('verify', file, '--signer', keys.signer);
  expect(told).toMatchObject({ status: 0, json: { valid: true, outcome: status, betId: bet.id } });

  writeFileSync(file, JSON.stringify({ ...proof, ticks: proof.ticks.slice(1) }));
  expect(touchline('verify', file)).toMatchObject({
    status: 1,
    json: { valid: false, outcome: null, reason: 'TICKS_TRUNCATED' },
  });
  expect(touchline('audit', '--data', system.dataDir)).toMatchObject({
    status: 0,
    json: { bets: 1, mismatches: 0, ledgerProblems: 0, chainProblems: 0 },
  });
}, 90_000);
