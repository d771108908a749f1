/**
 * Accepted bets a second into a ledger on disk (synchronous=FULL): each with its terms, its money moved,
 * the answer that is kept for ever and what its wallet is told, in the batches a busy Resolver commits;
 * against the same work at one transaction a bet. Both in one run, by turns, on ledgers of their own; medians
 * of rounds.
 *
 * Last line: {betsPerSecond, ratioToUnbatched, unbatchedPerSecond, batch}. `--tiny` for the test run.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LedgerBatch } from '../src/actors/resolver/ledger-store.ts';
import { openLedgerDatabase, SqliteLedgerStore } from '../src/actors/resolver/sqlite-ledger-store.ts';
import type { Bet } from '../src/domain/bet.ts';
import { micros } from '../src/domain/units.ts';
import { AcceptedBets } from '../src/protocol/accepted-bets.ts';
import type { ToldEvent } from '../src/protocol/account-events.ts';
import { betView } from '../src/protocol/bet-view.ts';
import { done } from '../src/protocol/errors.ts';
import { median, round } from './support/figures.ts';
import { firstTick, manyBets } from './support/many-bets.ts';

const isTiny = process.argv.includes('--tiny');
const ROUNDS = isTiny ? 1 : 5;
const BATCH = 250;
const BATCHED = isTiny ? 1_000 : 40_000;
const UNBATCHED = isTiny ? 50 : 1_000;
const WALLETS = 1_000;
const CELLS = 1_000;

const batchOf = (bets: readonly Bet[]): LedgerBatch => ({
  booked: bets.map((bet) => ({ event: { type: 'BetAccepted', bet }, tickSeq: firstTick.seq })),
  answers: bets.map((bet) => ({
    wallet: bet.wallet,
    idempotencyKey: bet.id,
    fingerprint: bet.id.slice(-32).padStart(64, '0'),
    answer: done(betView(bet)),
  })),
  told: toldOf(bets),
  cursorSeq: firstTick.seq,
});

function toldOf(bets: readonly Bet[]): readonly ToldEvent[] {
  const account = { balanceMicros: micros(1_000_000_000), stakedMicros: micros(1_000_000), openBets: 1 };
  const told: AcceptedBets[] = [];
  for (const bet of bets) if (!told.at(-1)?.add(bet, account)) told.push(AcceptedBets.of(bet, account));
  return told.map((accepted) => accepted.packed());
}

async function betsPerSecond(count: number, perCommit: number): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'touchline-place-'));
  const store = new SqliteLedgerStore(openLedgerDatabase(join(dir, 'ledger.sqlite')));
  try {
    const { opening, bets } = manyBets(count, Math.min(CELLS, count), WALLETS);
    await store.commit({
      booked: opening.map((event) => ({ event, tickSeq: 0 })),
      answers: [],
      cursorSeq: 0,
    });
    const batches: LedgerBatch[] = [];
    for (let at = 0; at < count; at += perCommit) batches.push(batchOf(bets.slice(at, at + perCommit)));
    const startMs = performance.now();
    for (const batch of batches) await store.commit(batch);
    const seconds = (performance.now() - startMs) / 1_000;
    const { sumMicros, bets: counts } = await store.totals();
    if (sumMicros !== 0 || counts.open !== count) throw new Error(`not placed: ${JSON.stringify(counts)}`);
    return count / seconds;
  } finally {
    await store.close();
    rmSync(dir, { recursive: true });
  }
}

const batched: number[] = [];
const unbatched: number[] = [];
for (let n = 0; n < ROUNDS; n += 1) {
  batched.push(await betsPerSecond(BATCHED, BATCH));
  unbatched.push(await betsPerSecond(UNBATCHED, 1));
  console.error(`${Math.round(batched.at(-1) ?? 0)} bets/s, ${Math.round(unbatched.at(-1) ?? 0)} one by one`);
}
const ratios = batched.map((rate, n) => rate / (unbatched[n] ?? Number.NaN));
console.log(
  JSON.stringify({
    betsPerSecond: Math.round(median(batched)),
    ratioToUnbatched: round(median(ratios)),
    unbatchedPerSecond: Math.round(median(unbatched)),
    batch: BATCH,
  }),
);
