/** Bets that meet at one limit, one instant or one key, and a market whose clock is set. */
import { describe, expect, it } from 'vitest';
import { micros } from '../../../src/domain/units.ts';
import { RESOLVER } from '../../../src/protocol/letters/resolver.ts';
import { cellAt, START_MS } from '../../support/market.ts';
import { type ResolverRig, startRig, TICK_MS } from '../../support/resolver-rig.ts';

const walletNo = (n: number): string => `0x${String(n).padStart(40, '0')}`;

/** One answer each, in the order of sending: its code, or ACCEPTED. */
async function codes(sent: readonly Awaited<ReturnType<ResolverRig['send']>>[]): Promise<string[]> {
  const outcomes = await Promise.all(sent.map(({ answer }) => answer));
  return outcomes.map((outcome) => (outcome.ok ? 'ACCEPTED' : outcome.error.code));
}

describe('bets at a limit', () => {
  const WALLETS = 60;
  const BANKROLL_MICROS = 10_000_000_000_000;
  const WIDE = { bet: 1, walletOpen: 1, walletMinute: 1, cell: 1, column: 1, minute: 1, total: 1 };

  it.each([
    ['the cell', 'cell', 'CELL_CAP', 0.0000005],
    ['the column', 'column', 'COLUMN_CAP', 0.000005],
    ['the house', 'total', 'HOUSE_CAP', 0.000005],
  ] as const)('of %s, sixty at one tick: those that fit are taken', async (_what, cap, code, fraction) => {
    const rig = await startRig({ rules: { caps: { ...WIDE, [cap]: fraction } } });
    for (let n = 0; n < WALLETS; n += 1) await rig.openAccount(walletNo(n));
    const sent = [];
    for (let n = 0; n < WALLETS; n += 1) {
      const cell =
        cap === 'cell' ? cellAt() : cellAt(1 + (n % 2), cap === 'total' && n % 3 ? 15_000 : 10_000);
      sent.push(await rig.send(rig.body({ wallet: walletNo(n), cell, stakeMicros: micros(1_000_000) })));
    }
    await rig.ticks(2);
    const answers = await codes(sent);
    const accepted = answers.filter((answer) => answer === 'ACCEPTED').length;
    expect(accepted).toBeGreaterThan(0);
    expect(new Set(answers)).toEqual(new Set(['ACCEPTED', code]));
    const { escrowMicros, bets, sumMicros } = await rig.summary();
    const reserveMicros = Number(escrowMicros) - accepted * 1_000_000;
    expect({ open: bets.open, sumMicros }).toEqual({ open: accepted, sumMicros: '0' });
    expect(reserveMicros).toBeLessThanOrEqual(BANKROLL_MICROS * fraction);
  });

  it('of a wallet, fifty that cost all it has: one is taken', async () => {
    const rig = await startRig({ rules: { caps: WIDE, startingGrantMicros: micros(100_000_000) } });
    await rig.openAccount(walletNo(1));
    const sent = [];
    for (let n = 0; n < 50; n += 1) {
      const cell = cellAt(1 + (n % 2), 10_000 + 5_000 * Math.floor(n / 2 / 5));
      sent.push(await rig.send(rig.body({ wallet: walletNo(1), cell, stakeMicros: micros(100_000_000) })));
    }
    await rig.ticks(2);
    const answers = await codes(sent);
    expect(answers.filter((answer) => answer === 'ACCEPTED')).toHaveLength(1);
    expect(await rig.summary()).toMatchObject({ sumMicros: '0', bets: { open: 1 } });
  });
});

describe('a bet at the lock', () => {
  const { lockMs } = { lockMs: 5_000 };

  it.each([
    ['a millisecond before', -1, 'ACCEPTED'],
    ['at the very instant of', 0, 'ACCEPTED'],
    ['a millisecond after', 1, 'COLUMN_LOCKED'],
  ] as const)(
    'executed %s it, by whichever order letter and tick come',
    async (_when, offsetMs, expected) => {
      for (const tickComesFirst of [false, true]) {
        const rig = await startRig();
        const cell = cellAt(1, 10_000);
        const lockAtMs = cell.opensAtMs - lockMs;
        await rig.ticksUntil(lockAtMs - START_MS - 3 * TICK_MS);
        await rig.system.advance(lockAtMs + offsetMs - TICK_MS - rig.system.clock.nowMs());
        const first = await rig.send(rig.body({ cell }));
        // Recorded at that instant; the Resolver is told together with another copy of the bet.
        const tick = await rig.tick({ delivered: false });
        expect(tick.atMs).toBe(lockAtMs + offsetMs);
        const copy = () => rig.send(rig.body({ cell, wallet: walletNo(7) }));
        const second = tickComesFirst ? undefined : await copy();
        await rig.deliver(tick);
        const late = tickComesFirst ? await copy() : second;
        await rig.ticks(2);
        expect(await codes([first])).toEqual([expected]);
        // Received at the lock, it waits for its own tick, which is after it in either order.
        expect(await codes(late ? [late] : [])).toEqual(['COLUMN_LOCKED']);
      }
    },
  );
});

describe('one key', () => {
  it('a hundred times at once, in one batch, is one bet with one answer', async () => {
    const rig = await startRig();
    const body = rig.body();
    const asked = Array.from({ length: 100 }, () => rig.system.asking(RESOLVER, { type: 'PlaceBet', body }));
    await rig.system.idle();
    await rig.ticks(2);
    const answers = await Promise.all(asked);
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ ok: true, reply: { ok: true } });
    expect(await rig.summary()).toMatchObject({ sumMicros: '0', bets: { open: 1 } });
  });
});

describe('a wall clock that is set', () => {
  it.each([
    ['forward by an hour', 3_600_000],
    ['back by five seconds', -5_000],
    ['back by an hour', -3_600_000],
  ])('%s while a window is open gives the stake back', async (_how, byMs) => {
    const rig = await startRig();
    const bet = await rig.accepted();
    await rig.ticksUntil(10_200);
    rig.system.clock.setWallClockBy(byMs);
    await rig.system.advance(1_000);
    expect(await rig.bet(bet.id)).toMatchObject({ status: 'open' });
    // A feed set back makes its next tick once the clock has caught up, a gap after its last one.
    if (byMs < 0) await rig.system.advance(rig.rules.maxGapMs - byMs);
    await rig.tick();
    expect(await rig.bet(bet.id)).toMatchObject({ status: 'void', reason: 'FEED_GAP' });
    expect(await rig.summary()).toMatchObject({ sumMicros: '0', escrowMicros: '0' });
    expect(rig.system.crashes).toEqual([]);
  });

  it('back by half a second takes no bet for a tick that was recorded before it', async () => {
    const rig = await startRig({ rules: { holdMs: 0 } });
    await rig.tick();
    const recorded = await rig.tick({ delivered: false });
    rig.system.clock.setWallClockBy(-500);
    const { answer } = await rig.send(rig.body());
    await rig.deliver(recorded);
    rig.system.clock.setWallClockBy(500);
    const next = await rig.tick();
    expect(await answer).toMatchObject({ ok: true, value: { acceptedSeq: next.seq } });
    expect(next.seq).toBe(recorded.seq + 1);
  });
});
