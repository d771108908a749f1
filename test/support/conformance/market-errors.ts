/** Refusals of the market that need a market of a certain kind: full, degraded, poor, silent, or none yet. */
import type { MemoryRequest } from '../../../src/actors/broadcaster/memory-server.ts';
import { DEFAULT_MARKET_RULES, type MarketRules } from '../../../src/domain/rules.ts';
import { PLACE_BET_REQUEST } from '../broadcaster-fixture.ts';
import { cellAt } from '../market.ts';
import { requestOf, routesWith } from './route-requests.ts';
import { type Observers, type SmallSystem, startSmallSystem } from './small-system.ts';

const { caps } = DEFAULT_MARKET_RULES;
/** So little that the first bet reaches it. */
const NEXT_TO_NOTHING = 1e-9;

let keys = 0;

function placing(headers: Readonly<Record<string, string>>, change: object = {}): MemoryRequest {
  keys += 1;
  const { symbol: _, kind, ...cell } = cellAt(1, 20_000);
  const bet = { ...PLACE_BET_REQUEST, kind, ...cell, minMultiplier: '1', ...change };
  return {
    method: 'POST',
    path: '/v1/bets',
    headers: { ...headers, 'idempotency-key': `key-${keys}` },
    body: bet,
  };
}

/** Places, the same over HTTP and over a socket, and ticks on, so that it is answered. */
async function place(
  system: SmallSystem,
  request: MemoryRequest,
  tick = () => system.ticks(3),
): Promise<void> {
  const socket = await system.socket(request.headers);
  keys += 1;
  await socket.send({ op: 'place', idempotencyKey: `key-${keys}`, bet: request.body });
  const answering = system.request(request);
  await system.system.idle();
  await tick();
  await answering;
  system.observeSocket(socket);
}

async function placeUnder(
  observers: Observers,
  rules: Partial<MarketRules>,
  change: object = {},
): Promise<void> {
  const system = await startSmallSystem(observers, { rules });
  await system.ticks(1);
  await place(system, placing(await system.player(), change));
}

export async function marketErrors(observers: Observers): Promise<void> {
  await placeUnder(observers, {});
  await placeUnder(observers, { caps: { ...caps, bet: NEXT_TO_NOTHING } });
  await placeUnder(observers, { caps: { ...caps, cell: NEXT_TO_NOTHING } });
  await placeUnder(observers, { caps: { ...caps, column: NEXT_TO_NOTHING } });
  await placeUnder(observers, { caps: { ...caps, total: NEXT_TO_NOTHING } });
  await degradedFeed(observers);
  await tooLate(observers);
  await spentBalance(observers);
  await withoutAccount(observers);
  await withoutPrice(observers);
}

async function degradedFeed(observers: Observers): Promise<void> {
  const system = await startSmallSystem(observers);
  const { symbol: _, kind: __, ...soon } = cellAt(1, 10_000);
  await place(system, placing(await system.player(), soon), () => system.ticks(3, { quality: 'degraded' }));
}

/** The line stands still for longer than a bet may wait. */
async function tooLate(observers: Observers): Promise<void> {
  const system = await startSmallSystem(observers);
  await place(system, placing(await system.player()), async () => {
    await system.rig.tick({}, DEFAULT_MARKET_RULES.maxExecutionDelayMs + 2_000);
  });
}

/** Stakes of the largest kind, one per column, until nothing is left. */
async function spentBalance(observers: Observers): Promise<void> {
  const wide = { bet: 1, walletOpen: 1, walletMinute: 1, cell: 1, column: 1, minute: 1, total: 1 };
  const system = await startSmallSystem(observers, { rules: { caps: wide } });
  const headers = await system.player();
  const stakeMicros = String(DEFAULT_MARKET_RULES.maxStakeMicros);
  for (let column = 0; column < 8; column += 1) {
    for (const row of [1, 2]) {
      const { symbol: _, kind: __, ...cell } = cellAt(row, 15_000 + column * 5_000);
      await place(system, placing(headers, { ...cell, stakeMicros }));
    }
  }
}

/** A session whose account is not there: a ledger that was restored from before its first sign-in. */
async function withoutAccount(observers: Observers): Promise<void> {
  const system = await startSmallSystem(observers);
  const headers = await system.player({ hasAccount: false });
  for (const route of routesWith('NOT_FOUND')) {
    if (route.path.startsWith('/v1/')) await system.request(requestOf(route, headers));
  }
  const socket = await system.socket(headers);
  await socket.send({ op: 'account' });
  system.observeSocket(socket);
}

async function withoutPrice(observers: Observers): Promise<void> {
  const system = await startSmallSystem(observers, {}, { hasPrice: false });
  for (const route of routesWith('NO_PRICE')) await system.request(requestOf(route));
  const socket = await system.socket();
  const { minMultiplier: _, ...cell } = PLACE_BET_REQUEST;
  await socket.send({ op: 'quote', cells: [cell] });
  system.observeSocket(socket);
}
