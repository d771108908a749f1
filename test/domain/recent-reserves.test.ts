import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RECENT_MS, RecentReserves } from '../../src/domain/recent-reserves.ts';
import { micros } from '../../src/domain/units.ts';

test('counts the last minute, by wallet and in all', () => {
  const bet = fc.record({
    wallet: fc.constantFrom('a', 'b', 'c'),
    waitMs: fc.nat(30_000),
    reserve: fc.nat(1_000),
  });
  fc.assert(
    fc.property(fc.array(bet, { maxLength: 60 }), (bets) => {
      const recent = new RecentReserves();
      const added: { wallet: string; acceptedAtMs: number; reserveMicros: number }[] = [];
      let atMs = 1_000_000;
      for (const { wallet, waitMs, reserve } of bets) {
        atMs += waitMs;
        const last = added.filter(({ acceptedAtMs }) => acceptedAtMs > atMs - RECENT_MS);
        const sum = (of: typeof added): number =>
          of.reduce((all, { reserveMicros }) => all + reserveMicros, 0);
        expect(recent.total(atMs)).toBe(sum(last));
        expect(recent.ofWallet(wallet, atMs)).toBe(sum(last.filter((one) => one.wallet === wallet)));
        const one = { wallet, acceptedAtMs: atMs, reserveMicros: micros(reserve) };
        recent.add(one);
        added.push(one);
      }
    }),
  );
});
