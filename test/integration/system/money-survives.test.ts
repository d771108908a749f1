import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BetView } from '../../../src/client/index.ts';
import { commandConnection, connect } from '../../../src/runtime/index.ts';
import { auditLedger } from '../../support/ledger-audit.ts';
import { allBets, cellsOf, createPlayer, keyed, type Player, until } from '../../support/player.ts';
import { type RunningSystem, startSystem } from '../../support/system.ts';

const BETS = 100;

let system: RunningSystem;
let player: Player;
beforeEach(async () => {
  system = await startSystem();
  player = await createPlayer(system.url);
  await until(
    () => player.client.grid(),
    (grid) => cellsOf(grid, BETS).length === BETS,
  );
});
afterEach(() => system.stop());

/** Places 100 bets at once; what came back acknowledged, and under which key. */
async function placeHundred(): Promise<{ acked: BetView[]; keys: Map<string, string> }> {
  const bets = keyed(cellsOf(await player.client.grid(), BETS, '100000'));
  const keys = new Map<string, string>();
  const results = await Promise.allSettled(
    bets.map(async ({ key, request }) => {
      const bet = await player.client.placeBet(request, { idempotencyKey: key });
      keys.set(bet.id, key);
      return bet;
    }),
  );
  const acked = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  return { acked, keys };
}

const settled = async (client = player.client): Promise<BetView[]> =>
  until(
    () => allBets(client),
    (bets) => bets.length > 0 && bets.every((bet) => bet.status !== 'open'),
  );

function expectSameTerms(after: BetView | undefined, before: BetView): void {
  const { status, settledSeq, settledAtMs, reason, ...terms } = before;
  expect(after).toMatchObject(terms);
}

describe('with 100 open bets', () => {
  it('kill -9 of the process loses nothing, doubles nothing, and every bet settles once', async () => {
    const { acked, keys } = await placeHundred();
    expect(acked.length).toBeGreaterThan(BETS / 2);
    await system.kill();
    await system.restart();

    const bets = await settled();
    for (const bet of acked)
      expectSameTerms(
        bets.find(({ id }) => id === bet.id),
        bet,
      );
    expect(new Set(bets.map(({ id }) => id)).size).toBe(bets.length);
    expect(bets.length).toBe(acked.length);

    const findings = auditLedger(system.dataDir);
    expect(findings.problems).toEqual([]);
    expect(findings.bets).toHaveLength(acked.length);

    // The same key gives the same bet for ever, also after the crash.
    const [first] = acked;
    if (first) {
      const { symbol, kind, opensAtMs, closesAtMs, lowCents, highCents, stakeMicros } = first;
      const request = {
        symbol,
        kind,
        opensAtMs,
        closesAtMs,
        lowCents,
        highCents,
        stakeMicros,
        minMultiplier: '1',
      };
      const again = await player.client.placeBet(request, { idempotencyKey: keys.get(first.id) ?? '' });
      expect(again.id).toBe(first.id);
    }
  });

  it('FLUSHALL has no money effect: nothing restarts, players sign in again', async () => {
    const { acked } = await placeHundred();
    const before = await player.client.account();
    const actors = await restarts();
    const redis = await connect(commandConnection(system.redis.url));
    await redis.flushall();
    redis.disconnect();

    await expect(player.client.account()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await until(
      () => player.client.signIn(player.wallet),
      () => true,
    );
    const after = await player.client.account();
    const open = (await allBets(player.client)).filter(({ status }) => status === 'open').length;
    if (open === acked.length) expect(after).toEqual(before);

    const bets = await settled();
    expect(bets).toHaveLength(acked.length);
    expect(auditLedger(system.dataDir).problems).toEqual([]);
    expect(await restarts()).toEqual(actors);
    expect(system.output()).not.toContain('"incident"');
  });

  it('SIGKILL of Redis pauses the system; it carries on by itself when Redis is back', async () => {
    const { acked } = await placeHundred();
    process.kill(system.redis.pid, 'SIGKILL');
    await system.redis.comeBack();
    await until(
      () => player.client.signIn(player.wallet),
      () => true,
    );
    const bets = await settled();
    expect(bets).toHaveLength(acked.length);
    expect(auditLedger(system.dataDir).problems).toEqual([]);
  });
});

async function restarts(): Promise<number[]> {
  const { actors } = (await (await fetch(`${system.adminUrl}/actors`)).json()) as {
    actors: { restarts: number }[];
  };
  return actors.map((actor) => actor.restarts);
}
