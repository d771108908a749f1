import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BetView, PlaceBetRequest } from '../../../src/client/index.ts';
import { commandConnection, connect } from '../../../src/runtime/index.ts';
import { auditLedger } from '../../support/ledger-audit.ts';
import { allBets, cellsOf, createPlayer, keyed, type Player, until } from '../../support/player.ts';
import { type RunningSystem, startSystem } from '../../support/system.ts';

const PLAYERS = 5;
const BETS_EACH = 20;
const BETS = PLAYERS * BETS_EACH;

interface Acknowledged {
  readonly player: Player;
  readonly key: string;
  readonly request: PlaceBetRequest;
  readonly bet: BetView;
}

let system: RunningSystem;
let players: Player[];
beforeEach(async () => {
  system = await startSystem();
  players = await Promise.all(Array.from({ length: PLAYERS }, () => createPlayer(system.url)));
});
afterEach(() => system.stop());

/** Five players bet on the same twenty near cells, all at once: 100 open bets that settle within 20 s. */
async function placeHundred(): Promise<Acknowledged[]> {
  const [first] = players;
  const grid = await until(
    async () => first?.client.grid(),
    (shown) => shown !== undefined && cellsOf(shown, BETS).length === BETS,
  );
  if (!grid) throw new Error('no grid');
  // Not the first column: it may lock before a busy machine gets to the last bet.
  const [, ...columns] = grid.columns;
  const cells = cellsOf({ ...grid, columns, multipliers: grid.multipliers.slice(1) }, BETS_EACH, '100000');
  const results = await Promise.allSettled(
    players.flatMap((player) =>
      keyed(cells).map(async ({ key, request }) => {
        const bet = await player.client.placeBet(request, { idempotencyKey: key });
        return { player, key, request, bet };
      }),
    ),
  );
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

/** Every bet of every player, once none is open. */
const settled = (): Promise<BetView[]> =>
  until(
    async () => (await Promise.all(players.map(({ client }) => allBets(client)))).flat(),
    (bets) => bets.length > 0 && bets.every(({ status }) => status !== 'open'),
  );

const signInAgain = (): Promise<unknown> =>
  Promise.all(
    players.map(({ client, wallet }) =>
      until(
        () => client.signIn(wallet),
        () => true,
      ),
    ),
  );

function expectSameBets(after: readonly BetView[], acked: readonly Acknowledged[]): void {
  expect(after.map(({ id }) => id).sort()).toEqual(acked.map(({ bet }) => bet.id).sort());
  for (const { bet } of acked) {
    // A list says what is the same for all; the receipt comes with each bet alone.
    const { status, settledSeq, settledAtMs, reason, receipt, ...terms } = bet;
    expect(after.find(({ id }) => id === bet.id)).toMatchObject(terms);
  }
  const findings = auditLedger(system.dataDir);
  expect(findings.problems).toEqual([]);
  expect(findings.bets).toHaveLength(acked.length);
}

describe('with 100 open bets', () => {
  it('kill -9 of the process loses nothing, doubles nothing, and every bet settles once', async () => {
    const acked = await placeHundred();
    expect(acked.length).toBeGreaterThan(BETS * 0.8);
    await system.kill();
    await system.restart();
    expectSameBets(await settled(), acked);
    // The same key gives the same bet for ever, also after the crash.
    for (const { player, key, request, bet } of acked.slice(0, 5)) {
      expect((await player.client.placeBet(request, { idempotencyKey: key })).id).toBe(bet.id);
    }
  });

  it('FLUSHALL has no money effect: nothing restarts, players sign in again', async () => {
    const acked = await placeHundred();
    const balances = async () => Promise.all(players.map(({ client }) => client.account()));
    const before = await balances();
    const restartsBefore = await restarts();
    const redis = await connect(commandConnection(system.redis.url));
    await redis.flushall();
    redis.disconnect();

    for (const { client } of players) {
      await expect(client.account()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    }
    await signInAgain();
    const after = await balances();
    const open = after.reduce((sum, account) => sum + account.openBets, 0);
    if (open === acked.length) expect(after).toEqual(before);

    expectSameBets(await settled(), acked);
    expect(await restarts()).toEqual(restartsBefore);
    expect(system.output()).not.toContain('"incident"');
  });

  it('SIGKILL of Redis pauses the system; it carries on by itself when Redis is back', async () => {
    const acked = await placeHundred();
    process.kill(system.redis.pid, 'SIGKILL');
    await system.redis.comeBack();
    await signInAgain();
    expectSameBets(await settled(), acked);
  });
});

async function restarts(): Promise<number[]> {
  const { actors } = (await (await fetch(`${system.adminUrl}/actors`)).json()) as {
    actors: { restarts: number }[];
  };
  return actors.map((actor) => actor.restarts);
}
