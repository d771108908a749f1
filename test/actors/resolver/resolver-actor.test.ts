import { describe, expect, it } from 'vitest';
import { DEFAULT_MARKET_RULES as RULES } from '../../../src/domain/rules.ts';
import { cents, hundredths, micros } from '../../../src/domain/units.ts';
import { RESOLVER } from '../../../src/protocol/letters/resolver.ts';
import { marketSignals } from '../../../src/protocol/signals.ts';
import { withCommit } from '../../support/ledger-store.ts';
import { cellAt, OTHER_WALLET, START_MS, WALLET } from '../../support/market.ts';
import { startRig } from '../../support/resolver-rig.ts';

const GRANT = RULES.startingGrantMicros;

describe('accounts', () => {
  it('open with the starting grant, once', async () => {
    const rig = await startRig();
    const events = await rig.events();
    for (let i = 0; i < 3; i += 1) await rig.openAccount(OTHER_WALLET);
    expect(await rig.account(OTHER_WALLET)).toEqual({
      wallet: OTHER_WALLET,
      balanceMicros: String(GRANT),
      stakedMicros: '0',
      openBets: 0,
    });
    expect(events.map(({ type, wallet }) => [type, wallet])).toEqual([['AccountOpened', OTHER_WALLET]]);
    expect(await rig.summary()).toMatchObject({ sumMicros: '0', accounts: 2, escrowMicros: '0' });
  });

  it('open empty when another grant would take the house below its floor', async () => {
    // The rig's own wallet takes the one grant there is to spare.
    const rig = await startRig({ rules: { houseBankrollMicros: micros(2 * GRANT) } });
    await rig.openAccount(OTHER_WALLET);
    expect(await rig.account(OTHER_WALLET)).toMatchObject({ balanceMicros: '0' });
    expect(await rig.summary()).toMatchObject({ sumMicros: '0', houseMicros: String(GRANT) });
  });

  it('are unknown until opened', async () => {
    const rig = await startRig();
    const outcome = await rig.system.ask(RESOLVER, { type: 'GetAccount', body: { wallet: OTHER_WALLET } });
    expect(outcome).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' } });
  });
});

describe('a bet', () => {
  it('executes at the first tick at or after its receipt plus the hold', async () => {
    const rig = await startRig();
    const events = await rig.events();
    await rig.system.advance(30);
    const { answer } = await rig.send(rig.body());
    const tooSoon = await rig.tick({}, 70);
    const executing = await rig.tick();
    const outcome = await answer;
    if (!outcome.ok) throw new Error(outcome.error.code);
    const bet = outcome.value;
    expect(bet).toMatchObject({ acceptedSeq: executing.seq, acceptedAtMs: executing.atMs, status: 'open' });
    expect(bet.receivedAtMs).toBe(tooSoon.atMs - 70);
    expect(bet.id).toMatch(/^bet_[0-9a-f]{32}$/);
    const account = {
      wallet: WALLET,
      balanceMicros: String(GRANT - 10_000_000),
      stakedMicros: '10000000',
      openBets: 1,
    };
    expect(events).toEqual([{ type: 'BetAccepted', wallet: WALLET, bet, account, seq: executing.seq }]);
    expect(await rig.summary()).toMatchObject({
      sumMicros: '0',
      escrowMicros: bet.payoutMicros,
      bets: { open: 1 },
    });
    expect(await rig.bet(bet.id)).toEqual(bet);
  });

  it('executes at a tick exactly at receipt plus hold', async () => {
    const rig = await startRig();
    const { answer } = await rig.send(rig.body());
    const executing = await rig.tick();
    expect(await answer).toMatchObject({ ok: true, value: { acceptedSeq: executing.seq } });
  });

  it('wins when the line touches its cell, and is paid in full', async () => {
    const rig = await startRig();
    const bet = await rig.accepted();
    await rig.ticksUntil(10_500);
    const events = await rig.events();
    const touching = await rig.tick({ priceCents: cents(bet.lowCents) });
    const settled = { ...bet, status: 'won', settledSeq: touching.seq, settledAtMs: touching.atMs };
    expect(await rig.bet(bet.id)).toEqual(settled);
    const balance = GRANT - 10_000_000 + Number(bet.payoutMicros);
    const account = { wallet: WALLET, balanceMicros: String(balance), stakedMicros: '0', openBets: 0 };
    expect(events).toEqual([
      { type: 'BetSettled', wallet: WALLET, bet: settled, account, seq: touching.seq },
    ]);
    expect(await rig.summary()).toMatchObject({
      sumMicros: '0',
      escrowMicros: '0',
      bets: { open: 0, won: 1 },
    });
  });

  it('loses at the first tick after its window', async () => {
    const rig = await startRig();
    const bet = await rig.accepted();
    await rig.ticksUntil(15_000);
    expect(await rig.bet(bet.id)).toMatchObject({ status: 'open' });
    const closing = await rig.tick();
    expect(await rig.bet(bet.id)).toMatchObject({ status: 'lost', settledSeq: closing.seq });
    expect(await rig.account()).toMatchObject({ balanceMicros: String(GRANT - 10_000_000) });
    expect(await rig.summary()).toMatchObject({ sumMicros: '0', escrowMicros: '0' });
  });

  it('is void after a gap in the feed, and the stake comes back exactly', async () => {
    const rig = await startRig();
    const bet = await rig.accepted();
    const untouched = await rig.accepted({ cell: cellAt(2, 20_000) });
    await rig.ticksUntil(11_000);
    await rig.tick({}, 2_100);
    expect(await rig.bet(bet.id)).toMatchObject({ status: 'void', reason: 'FEED_GAP' });
    expect(await rig.bet(untouched.id)).toMatchObject({ status: 'open' });
    expect(await rig.account()).toMatchObject({ balanceMicros: String(GRANT - 10_000_000), openBets: 1 });
  });

  it('is not settled by the line that led to the tick it was accepted at', async () => {
    const rig = await startRig({ rules: { lockMs: -5_000 } });
    await rig.ticksUntil(11_900, { priceCents: cents(6_003_500) });
    const { answer } = await rig.send(rig.body({ cell: cellAt(2) }));
    const executing = await rig.tick({ priceCents: cents(6_001_300) });
    const outcome = await answer;
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.error));
    expect(outcome.value).toMatchObject({ status: 'open', acceptedSeq: executing.seq });
    await rig.tick();
    expect(await rig.bet(outcome.value.id)).toMatchObject({ status: 'open' });
    const touching = await rig.tick({ priceCents: cents(6_002_000) });
    expect(await rig.bet(outcome.value.id)).toMatchObject({ status: 'won', settledSeq: touching.seq });
  });
});

describe('refusals', () => {
  it.each([
    ['COLUMN_LOCKED', { cell: cellAt(1, 5_000) }],
    ['CELL_DISABLED', { cell: cellAt(200) }],
    ['CELL_DISABLED', { cell: { ...cellAt(), highCents: cellAt(2).highCents } }],
    ['STAKE_OUT_OF_RANGE', { stakeMicros: micros(1) }],
    ['INSUFFICIENT_BALANCE', { wallet: OTHER_WALLET }],
    ['QUOTE_MOVED', { minMultiplier: hundredths(2_500) }],
  ])('%s changes nothing', async (code, change) => {
    const rig = await startRig();
    const before = await rig.summary();
    expect(await rig.place(change)).toMatchObject({ ok: false, error: { code } });
    expect(await rig.summary()).toEqual(before);
  });

  it('DUPLICATE_CELL: one bet per wallet and cell, another wallet may', async () => {
    const rig = await startRig();
    await rig.openAccount(OTHER_WALLET);
    await rig.accepted();
    expect(await rig.place()).toMatchObject({ error: { code: 'DUPLICATE_CELL' } });
    expect(await rig.place({ wallet: OTHER_WALLET })).toMatchObject({ ok: true });
  });

  it('EXECUTION_TOO_LATE when the next tick comes too late', async () => {
    const rig = await startRig({ rules: { maxExecutionDelayMs: 150 } });
    const { answer } = await rig.send(rig.body());
    await rig.tick({}, 200);
    expect(await answer).toMatchObject({ error: { code: 'EXECUTION_TOO_LATE', retryable: false } });
  });

  it('EXECUTION_TOO_LATE when no tick comes in time', async () => {
    const rig = await startRig();
    const { answer } = await rig.send(rig.body());
    await rig.system.advance(1_250);
    expect(await answer).toMatchObject({ error: { code: 'EXECUTION_TOO_LATE' } });
  });

  it('FEED_DEGRADED when the feed is silent for long', async () => {
    const rig = await startRig();
    await rig.system.advance(2_100);
    const { answer } = await rig.send(rig.body());
    await rig.system.advance(1_250);
    expect(await answer).toMatchObject({ error: { code: 'FEED_DEGRADED' } });
    expect(await rig.summary()).toMatchObject({ bets: { open: 0 } });
  });

  it('EXECUTION_TOO_LATE at once for a letter that waited long in the mailbox', async () => {
    const rig = await startRig();
    const body = rig.body();
    const sentAtMs = rig.system.clock.nowMs() - 5_001;
    const envelope = { id: 'old', type: 'PlaceBet', from: 'test', replyTo: 'test', sentAtMs, body };
    await rig.system.postOffice.post(RESOLVER.name, envelope);
    await rig.system.idle();
    const { answer } = await rig.send(body);
    expect(await answer).toMatchObject({ error: { code: 'EXECUTION_TOO_LATE' } });
  });
});

describe('ticks', () => {
  it('that were not delivered are read from the log', async () => {
    const rig = await startRig();
    const bet = await rig.accepted();
    await rig.ticksUntil(10_500);
    const touching = await rig.tick({ priceCents: cents(bet.lowCents), delivered: false });
    await rig.tick({ priceCents: cents(6_000_500), delivered: false });
    await rig.tick();
    expect(await rig.bet(bet.id)).toMatchObject({ status: 'won', settledSeq: touching.seq });
  });

  it('are looked up when no letter comes at all', async () => {
    const rig = await startRig();
    const bet = await rig.accepted();
    await rig.ticksUntil(10_500);
    const touching = await rig.tick({ priceCents: cents(bet.lowCents), delivered: false });
    await rig.system.advance(1_500);
    expect(await rig.bet(bet.id)).toMatchObject({ status: 'won', settledSeq: touching.seq });
  });

  it('that come again change nothing', async () => {
    const rig = await startRig();
    const bet = await rig.accepted();
    const all = await rig.tickLog.readAfter(0, 1_000);
    const before = await rig.summary();
    await rig.deliver(...all);
    await rig.deliver(...all.slice(0, 1));
    expect(await rig.summary()).toEqual(before);
    expect(await rig.bet(bet.id)).toEqual(bet);
  });
});

describe('many at once', () => {
  it('100 bets waiting for one tick are one transaction', async () => {
    let commits = 0;
    const rig = await startRig({
      wrapStore: (store) =>
        withCommit(store, async (real, batch) => {
          commits += 1;
          await real.commit(batch);
        }),
    });
    const wallets = Array.from({ length: 100 }, (_, i) => `0x${String(i).padStart(40, '0')}`);
    for (const wallet of wallets) await rig.openAccount(wallet);
    const sent = [];
    for (const wallet of wallets) sent.push(await rig.send(rig.body({ wallet })));
    commits = 0;
    await rig.tick();
    const answers = await Promise.all(sent.map(({ answer }) => answer));
    expect(answers.every((answer) => answer.ok)).toBe(true);
    expect(commits).toBe(1);
    expect(await rig.summary()).toMatchObject({ sumMicros: '0', bets: { open: 100 } });
  });
});

describe('reads', () => {
  it('list bets newest first, in pages', async () => {
    const rig = await startRig();
    const bets = [];
    for (const row of [-1, 0, 1]) bets.unshift(await rig.accepted({ cell: cellAt(row) }));
    const list = (body: object) =>
      rig.system.ask(RESOLVER, { type: 'ListBets', body: { wallet: WALLET, limit: 2, ...body } });
    expect(await list({})).toEqual({
      ok: true,
      value: { bets: bets.slice(0, 2), nextBeforeId: bets[1]?.id },
    });
    expect(await list({ beforeId: bets[1]?.id })).toEqual({ ok: true, value: { bets: bets.slice(2) } });
    expect(await list({ status: 'won' })).toEqual({ ok: true, value: { bets: [] } });
    const other = { wallet: OTHER_WALLET, betId: bets[0]?.id ?? '' };
    expect(await rig.system.ask(RESOLVER, { type: 'GetBet', body: other })).toMatchObject({
      error: { code: 'NOT_FOUND' },
    });
  });

  it('see what came before them in the same batch', async () => {
    const rig = await startRig();
    rig.system.deliver(RESOLVER, { type: 'OpenAccount', body: { wallet: OTHER_WALLET } });
    expect(await rig.summary()).toMatchObject({ accounts: 2 });
  });
});

describe('the market', () => {
  it('is told about once a second of ticks, and at once when something visible changes', async () => {
    const rig = await startRig();
    const told = await rig.system.listen(marketSignals('btc:usd'));
    await rig.ticksUntil(3_000);
    expect(told.map(({ atMs }) => atMs - START_MS)).toEqual([1_000, 2_000, 3_000]);
    const degraded = await rig.tick({ quality: 'degraded' });
    expect(told.at(-1)).toMatchObject({
      seq: degraded.seq,
      quality: 'degraded',
      paused: false,
      columnMs: 5_000,
    });
    expect(await rig.system.ask(RESOLVER, { type: 'GetMarket', body: {} })).toEqual({
      ok: true,
      value: told.at(-1),
    });
  });
});
