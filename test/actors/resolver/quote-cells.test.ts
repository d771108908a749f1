/** Quotes and limits as letters: what placing would say, read from the book and leaving nothing in it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { cents, micros } from '../../../src/domain/units.ts';
import { limitsLeftSchema } from '../../../src/protocol/api/limits-answers.ts';
import { quotesAnswerSchema } from '../../../src/protocol/api/quote-answers.ts';
import { type QuoteCells, RESOLVER } from '../../../src/protocol/letters/resolver.ts';
import { createTestSystem } from '../../../src/runtime/test-kit/create-test-system.ts';
import { cellAt, OTHER_WALLET, START_MS, WALLET } from '../../support/market.ts';
import { ResolverRig, startRig } from '../../support/resolver-rig.ts';

let rig: ResolverRig;
beforeEach(async () => {
  rig = await startRig();
});

type Cells = QuoteCells['body']['cells'];

async function quotesOf(cells: Cells, wallet?: string, of: ResolverRig = rig) {
  const body = { cells, ...(wallet && { wallet }) };
  const outcome = await of.system.ask(RESOLVER, { type: 'QuoteCells', body });
  if (!outcome.ok) throw new Error(outcome.error.code);
  return quotesAnswerSchema.parse(outcome.value);
}
const codesOf = async (...args: Parameters<typeof quotesOf>): Promise<(string | undefined)[]> =>
  (await quotesOf(...args)).quotes.map((each) => (each.ok ? each.quote.disabledReason : each.error.code));

async function limits(wallet?: string) {
  const body = wallet === undefined ? {} : { wallet };
  const outcome = await rig.system.ask(RESOLVER, { type: 'GetLimits', body });
  if (!outcome.ok) throw new Error(outcome.error.code);
  return limitsLeftSchema.parse(outcome.value);
}

describe('a quote', () => {
  it('is the multiplier a bet gets that executes at that tick', async () => {
    const twin = await startRig();
    const cells = [cellAt(1), cellAt(0, 15_000), cellAt(-2, 20_000, 5_000, 'inside')];
    const stakeMicros = micros(50_000_000);
    for (const each of [rig, twin]) await each.ticks(5, { priceCents: cents(6_000_700) });
    const sent = [];
    for (const cell of cells) sent.push(await twin.send(twin.body({ cell, stakeMicros })));
    await rig.tick();
    await twin.tick();
    const { quotes, seq } = await quotesOf(
      cells.map((cell) => ({ cell, stakeMicros })),
      WALLET,
    );
    for (const [at, { answer }] of sent.entries()) {
      const [bet, quote] = [await answer, quotes[at]];
      if (!bet.ok || !quote?.ok) throw new Error(JSON.stringify([bet, quote]));
      const { multiplier, payoutMicros } = quote.quote;
      expect(bet.value).toMatchObject({ multiplier, payoutMicros, acceptedSeq: seq });
    }
  });

  it('has for each cell what stands in the way, in the words of placing', async () => {
    const cells: Cells = [
      { cell: cellAt(1) },
      { cell: { ...cellAt(1), opensAtMs: START_MS + 1 } },
      { cell: cellAt(1, 5_000) },
      { cell: cellAt(90) },
      { cell: cellAt(1), stakeMicros: micros(1) },
      { cell: cellAt(1), stakeMicros: micros(Number.MAX_SAFE_INTEGER) },
    ];
    const [disabled, locked, range] = ['CELL_DISABLED', 'COLUMN_LOCKED', 'STAKE_OUT_OF_RANGE'];
    expect(await codesOf(cells)).toEqual([undefined, disabled, locked, disabled, range, range]);
    expect(await codesOf(cells.slice(0, 1), OTHER_WALLET)).toEqual(['INSUFFICIENT_BALANCE']);
    await rig.accepted();
    expect(await codesOf(cells.slice(0, 1), WALLET)).toEqual(['DUPLICATE_CELL']);
    await rig.tick({ quality: 'degraded' });
    expect(await codesOf(cells.slice(0, 2))).toEqual(['FEED_DEGRADED', disabled]);
  });

  it('is refused like a bet while the market is paused or the feed is silent', async () => {
    const cells = [{ cell: cellAt(1, 20_000) }];
    const command = { type: 'pause' } as const;
    const body = { id: 'op-1', actor: 'ann', reason: 'a test', command };
    await rig.system.ask(RESOLVER, { type: 'OperateMarket', body });
    const { quotes } = await quotesOf(cells);
    expect(quotes).toMatchObject([{ error: { code: 'PAUSED', details: { reason: 'OPERATOR' } } }]);
    await rig.system.advance(rig.rules.maxGapMs + 100);
    expect(await codesOf(cells)).toEqual(['FEED_DEGRADED']);
  });

  it('leaves nothing: no bet, no commit, no event', async () => {
    const events = await rig.events();
    const before = await rig.store.totals();
    const cells = Array.from({ length: 50 }, (_, n) => ({ cell: cellAt((n % 9) - 4, 10_000) }));
    await quotesOf(cells, WALLET);
    expect([await rig.store.totals(), events]).toEqual([before, []]);
    expect(await rig.account()).toMatchObject({ openBets: 0 });
  });

  it('and limits are NO_PRICE before the first tick', async () => {
    const fresh = new ResolverRig(await createTestSystem({ startMs: START_MS }), {});
    await fresh.start();
    const refused = { error: { code: 'NO_PRICE' } };
    const cells = [{ cell: cellAt(1) }];
    const { system } = fresh;
    expect(await system.ask(RESOLVER, { type: 'QuoteCells', body: { cells } })).toMatchObject(refused);
    expect(await system.ask(RESOLVER, { type: 'GetLimits', body: {} })).toMatchObject(refused);
  });
});

describe('what is left of the limits', () => {
  it('shrinks by what the house puts up, for all and for the wallet', async () => {
    await rig.openAccount(OTHER_WALLET);
    const before = await limits(WALLET);
    const bet = await rig.accepted();
    const reserve = Number(bet.payoutMicros) - Number(bet.stakeMicros);
    const after = await limits(WALLET);
    const less = (a: string | undefined, b: string | undefined) => Number(a) - Number(b);
    expect(less(before.houseLeftMicros.total, after.houseLeftMicros.total)).toBe(reserve);
    expect(less(before.houseLeftMicros.minute, after.houseLeftMicros.minute)).toBe(reserve);
    const [own, later] = [before.wallet?.leftMicros, after.wallet?.leftMicros];
    expect(less(own?.walletOpen, later?.walletOpen)).toBe(reserve);
    expect(after.wallet?.account).toMatchObject({ wallet: WALLET, openBets: 1 });
    expect((await limits(OTHER_WALLET)).wallet?.leftMicros).toEqual(own);
    expect((await limits()).wallet).toBeUndefined();
  });

  it('says what the limits of the wallet itself leave', async () => {
    expect((await limits(WALLET)).wallet?.selfStakeMicrosMax).toBeUndefined();
    const wish = { maxStakeMicros: '90000000', maxLossMicros: '15000000', pausedUntilMs: null };
    await rig.system.ask(RESOLVER, { type: 'SetSelfLimits', body: { wallet: WALLET, limits: wish } });
    expect((await limits(WALLET)).wallet).toMatchObject({
      selfStakeMicrosMax: '15000000',
      selfLimits: { now: wish },
    });
    await rig.accepted();
    expect((await limits(WALLET)).wallet?.selfStakeMicrosMax).toBe('5000000');
    const [quote] = (await quotesOf([{ cell: cellAt(2) }], WALLET)).quotes;
    expect(quote).toMatchObject({ ok: true, quote: { maxStakeMicros: '5000000' } });
  });
});
