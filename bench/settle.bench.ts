/**
 * What a tick costs while very many bets are open and none is touched, and how fast bets settle durably: by
 * the Resolver itself, into a ledger on disk (synchronous=FULL), with what wallets are told in its outbox.
 * Ticks wait in the mailbox as they do after a pause, so that a turn commits what many of them decided.
 *
 * Last line: {tickMicrosP50, tickMicrosP99, settledPerSecond, settleSeconds, bets, cells, curve}; the curve
 * is the median cost of an untouched tick by number of open bets. `--bets N` (1,000,000), `--tiny` for the
 * test run.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bet } from '../src/domain/bet.ts';
import type { LedgerEvent } from '../src/domain/ledger.ts';
import { MarketBook } from '../src/domain/market-book.ts';
import { DEFAULT_MARKET_RULES } from '../src/domain/rules.ts';
import { RESOLVER } from '../src/protocol/letters/resolver.ts';
import { createTestSystem } from '../src/runtime/test-kit/create-test-system.ts';
import { ResolverRig } from '../test/support/resolver-rig.ts';
import { median, percentile, round } from './support/figures.ts';
import {
  FIRST_OPENS_MS,
  firstTick,
  type ManyBets,
  manyBets,
  TICKS_TO_THE_END,
  ticksAfterFirst,
} from './support/many-bets.ts';

const { values } = parseArgs({
  options: { bets: { type: 'string', default: '1000000' }, tiny: { type: 'boolean', default: false } },
});
const most = values.tiny ? 2_000 : Number(values.bets);
const cellsOf = (bets: number): number => Math.min(10_000, Math.ceil(bets / 10));
const WALLETS = 1_000;
/** Less than it takes to reach the nearest cell. */
const STILL_CENTS = 2;
const STILL_TICKS = values.tiny ? 30 : 600;
const WILD_CENTS = 400;
const BETS_PER_COMMIT = 10_000;

/** Microseconds of each tick that touches nothing. */
function tickMicros({ opening, bets }: ManyBets): number[] {
  const book = new MarketBook(DEFAULT_MARKET_RULES);
  for (const event of opening) book.apply(event);
  book.advance(firstTick);
  for (const bet of bets) book.apply({ type: 'BetAccepted', bet });
  const micros: number[] = [];
  for (const tick of ticksAfterFirst(STILL_TICKS, STILL_CENTS)) {
    const startMs = performance.now();
    const settled = book.advance(tick);
    const elapsedMs = performance.now() - startMs;
    if (settled.length === 0 && tick.atMs > FIRST_OPENS_MS) micros.push(elapsedMs * 1_000);
  }
  return micros;
}

async function fillLedger(rig: ResolverRig, { opening, bets }: ManyBets): Promise<void> {
  const { store } = rig;
  const commit = (events: readonly LedgerEvent[], tickSeq: number): Promise<void> =>
    store.commit({
      booked: events.map((event) => ({ event, tickSeq })),
      answers: [],
      cursorSeq: tickSeq,
    });
  await commit(opening, 0);
  for (let at = 0; at < bets.length; at += BETS_PER_COMMIT)
    await commit(bets.slice(at, at + BETS_PER_COMMIT).map(accepted), firstTick.seq);
}

const accepted = (bet: Bet): LedgerEvent => ({ type: 'BetAccepted', bet });

/** Seconds from the first tick until every bet is settled and durable. */
async function settleSeconds(many: ManyBets): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'touchline-settle-'));
  try {
    const system = await createTestSystem({ startMs: firstTick.atMs });
    const rig = new ResolverRig(system, { ledgerPath: join(dir, 'ledger.sqlite') });
    rig.tickLog.record(firstTick);
    await fillLedger(rig, many);
    await rig.start();
    const ticks = ticksAfterFirst(TICKS_TO_THE_END, WILD_CENTS);
    rig.tickLog.record(...ticks);
    const startMs = performance.now();
    for (const tick of ticks) system.deliver(RESOLVER, { type: 'TicksRecorded', body: { ticks: [tick] } });
    await system.idle();
    const seconds = (performance.now() - startMs) / 1_000;
    const { bets, sumMicros } = await rig.summary();
    if (bets.open !== 0 || sumMicros !== '0' || system.crashes.length > 0)
      throw new Error(`not settled: ${JSON.stringify(bets)} ${system.crashes.map(({ error }) => error)}`);
    console.error(JSON.stringify(bets));
    await rig.store.close();
    return seconds;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const sizes = [most / 100, most / 10, most].map(Math.round);
const costs = sizes.map((bets) => {
  const micros = tickMicros(manyBets(bets, cellsOf(bets), WALLETS));
  console.error(`${bets} open bets: ${round(median(micros))} µs a tick`);
  return { bets, micros };
});
const atMost = costs.at(-1)?.micros ?? [];
const seconds = await settleSeconds(manyBets(most, cellsOf(most), WALLETS));
console.log(
  JSON.stringify({
    tickMicrosP50: round(median(atMost)),
    tickMicrosP99: round(percentile(atMost, 0.99)),
    settledPerSecond: Math.round(most / seconds),
    settleSeconds: round(seconds),
    bets: most,
    cells: cellsOf(most),
    curve: costs.map(({ bets, micros }) => ({ bets, tickMicros: round(median(micros)) })),
  }),
);
