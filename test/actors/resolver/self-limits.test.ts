import { beforeEach, describe, expect, it } from 'vitest';
import { micros } from '../../../src/domain/units.ts';
import { RESOLVER } from '../../../src/protocol/letters/resolver.ts';
import type { SelfLimitsRequest } from '../../../src/protocol/self-limits.ts';
import { cellAt, OTHER_WALLET, WALLET } from '../../support/market.ts';
import { type ResolverRig, startRig } from '../../support/resolver-rig.ts';

const NONE: SelfLimitsRequest = { maxStakeMicros: null, maxLossMicros: null, pausedUntilMs: null };

let rig: ResolverRig;
beforeEach(async () => {
  rig = await startRig();
});

const set = (limits: Partial<SelfLimitsRequest>, wallet: string = WALLET) =>
  rig.system.ask(RESOLVER, { type: 'SetSelfLimits', body: { wallet, limits: { ...NONE, ...limits } } });
const get = () => rig.system.ask(RESOLVER, { type: 'GetSelfLimits', body: { wallet: WALLET } });
const codeOf = async (change: Parameters<ResolverRig['place']>[0] = {}): Promise<string> => {
  const outcome = await rig.place(change);
  return outcome.ok ? 'ok' : `${outcome.error.code} ${JSON.stringify(outcome.error.details ?? {})}`;
};

describe('a wallet that limits itself', () => {
  it('has no limits until it sets some, and none without an account', async () => {
    expect(await get()).toEqual({ ok: true, value: { now: NONE } });
    expect(await set({}, OTHER_WALLET)).toMatchObject({ error: { code: 'NOT_FOUND' } });
  });

  it('is held to its largest stake, at once and across a restart', async () => {
    await set({ maxStakeMicros: '9999999' });
    expect(await codeOf()).toBe('SELF_LIMIT {"limit":"stake","maxMicros":"9999999"}');
    await rig.restart();
    await rig.tick();
    expect(await codeOf()).toMatch(/^SELF_LIMIT/);
    expect(await codeOf({ stakeMicros: micros(9_999_999) })).toBe('ok');
  });

  it('is held to its largest loss: what was lost, and what is open', async () => {
    await set({ maxLossMicros: '25000000' });
    const cells = [cellAt(1), cellAt(2)];
    for (const cell of cells) await rig.accepted({ cell });
    expect(await codeOf({ cell: cellAt(-1) })).toBe('SELF_LIMIT {"limit":"loss","maxMicros":"25000000"}');
    await rig.ticksUntil(16_000);
    expect((await rig.account()).openBets).toBe(0);
    expect(await codeOf({ cell: cellAt(-1, 30_000) })).toMatch(/^SELF_LIMIT/);
    await rig.restart();
    await rig.tick();
    expect(await codeOf({ cell: cellAt(-1, 30_000) })).toMatch(/^SELF_LIMIT/);
    expect(await codeOf({ cell: cellAt(-1, 30_000), stakeMicros: micros(5_000_000) })).toBe('ok');
  });

  it('counts what it lost before it set the limit', async () => {
    await rig.accepted({ cell: cellAt(1) });
    await rig.ticksUntil(16_000);
    await set({ maxLossMicros: '15000000' });
    expect(await codeOf({ cell: cellAt(1, 30_000) })).toMatch(/^SELF_LIMIT/);
  });

  it('is paused until its pause ends, and not longer', async () => {
    const untilMs = rig.system.clock.nowMs() + 2_000;
    await set({ pausedUntilMs: untilMs });
    expect(await codeOf()).toBe(`SELF_PAUSED {"untilMs":${untilMs}}`);
    await rig.ticks(20);
    expect(await codeOf({ cell: cellAt(1, 30_000) })).toBe('ok');
  });

  it('is tightened at once and loosened a day later; asking again does not begin the day anew', async () => {
    await set({ maxStakeMicros: '5000000' });
    const wish = { maxStakeMicros: '20000000', maxLossMicros: '7000000' };
    const asked = await set(wish);
    const fromMs = rig.system.clock.nowMs() + 24 * 3_600_000;
    expect(asked).toEqual({
      ok: true,
      value: {
        now: { ...NONE, maxStakeMicros: '5000000', maxLossMicros: '7000000' },
        next: { ...NONE, ...wish, fromMs },
      },
    });
    await rig.ticks(5);
    expect(await set(wish)).toEqual(asked);
    expect(await codeOf()).toMatch(/"limit":"stake"/);
    rig.system.clock.setWallClockBy(24 * 3_600_000);
    expect(await get()).toEqual({ ok: true, value: { now: { ...NONE, ...wish } } });
    expect(rig.store.books.readBack().step(1_000).problems).toEqual([]);
  });
});
