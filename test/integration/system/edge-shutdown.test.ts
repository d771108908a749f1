/**
 * An edge is told to stop while 200 sockets are open and bets are under way: it answers what it has taken,
 * says goodbye to everybody, ends in order, and the clients find the other edge at the same address.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BetView } from '../../../src/client/index.ts';
import { CLOSE_CODES } from '../../../src/protocol/api/frames.ts';
import { auditLedger } from '../../support/ledger-audit.ts';
import { NO_LIMITS } from '../../support/limits.ts';
import { allBets, createPlayer, type Player } from '../../support/player.ts';
import { steadyBets } from '../../support/siege.ts';
import { type RunningEdge, type RunningSystem, startEdge, startSystem } from '../../support/system.ts';
import { type ReceivedFrame, WsClient } from '../../support/ws-client.ts';

const SOCKETS = 200;
const PLAYERS = 10;
const BETS_PER_PLAYER = 4;
const TEST_MS_MAX = 120_000;

let core: RunningSystem;
let first: RunningEdge;
let second: RunningEdge | undefined;
let players: Player[];

beforeAll(async () => {
  const actors = 'history-writer,resolver,session-guard,price-feed';
  core = await startSystem({ env: { ...NO_LIMITS, TOUCHLINE_ACTORS: actors } });
  first = await startEdge(core, { ...NO_LIMITS, BROADCASTER_THREADS: '1', EDGE_ID: 'a' });
  players = await Promise.all(Array.from({ length: PLAYERS }, () => createPlayer(core.url, 5)));
});
afterAll(async () => {
  await first?.stop();
  await second?.stop();
  await core?.stop();
});

const playerOf = (index: number): Player => players[index % PLAYERS] as Player;

async function connected(index: number): Promise<WsClient> {
  const client = await new WsClient(`${core.url.replace('http', 'ws')}/v1/ws`).opened();
  const { token } = playerOf(index).client;
  expect(await client.ask({ op: 'auth', id: 'auth', token })).toMatchObject({ ack: 'auth' });
  await client.ask({ op: 'subscribe', id: 'sub', channels: ['price', 'bets', 'account'] });
  return client;
}

const connectAll = (): Promise<WsClient[]> =>
  Promise.all(Array.from({ length: SOCKETS }, (_, index) => connected(index)));

interface Placing {
  readonly player: Player;
  readonly id: string;
  readonly socket: WsClient;
  readonly request: object;
}

/** Resolves when the edge has taken every one of them. */
async function placeAll(sockets: readonly WsClient[]): Promise<Placing[]> {
  const wanted = await Promise.all(players.map((player) => steadyBets(player, BETS_PER_PLAYER)));
  const placings = wanted.flatMap((requests, at) =>
    requests.map((request, nth): Placing => {
      const socket = sockets[nth * PLAYERS + at] as WsClient;
      return { player: playerOf(at), id: `bet-${at}-${nth}`, socket, request };
    }),
  );
  for (const { socket, id, request } of placings)
    socket.send({ op: 'place', id, idempotencyKey: id, bet: request });
  await Promise.all(placings.map(({ socket, id }) => socket.ask({ op: 'ping', id: `after-${id}` })));
  return placings;
}

const answersTo = ({ socket, id }: Placing): readonly ReceivedFrame[] =>
  socket.frames.filter((frame) => frame['ack'] !== undefined && frame['id'] === id);

const betOf = (answer: ReceivedFrame | undefined): BetView | undefined =>
  answer?.['bet'] as BetView | undefined;

const codeOf = (answer: ReceivedFrame | undefined): string | undefined =>
  (answer?.['error'] as { code?: string } | undefined)?.code;

it('answers bets under way, tells every socket, ends in order; nothing is lost', {
  timeout: TEST_MS_MAX,
}, async () => {
  const sockets = await connectAll();
  second = await startEdge(core, { ...NO_LIMITS, BROADCASTER_THREADS: '1', EDGE_ID: 'b' });
  const placings = await placeAll(sockets);

  const exitCode = await first.terminate();
  const codes = await Promise.all(sockets.map(({ closed }) => closed));

  expect(exitCode, first.output()).toBe(0);
  expect(new Set(codes)).toEqual(new Set([CLOSE_CODES.SHUTDOWN]));
  for (const { frames } of sockets) {
    const goodbyes = frames.filter(({ push }) => push === 'shutdown');
    expect(goodbyes).toMatchObject([{ reconnectAfterMs: expect.any(Number) }]);
    const numbers = frames.flatMap(({ n }) => (typeof n === 'number' ? [n] : []));
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
  }
  expect(placings.map((placing) => answersTo(placing).length)).toEqual(placings.map(() => 1));

  const again = await connectAll();
  const told = new Set<string>();
  for (const placing of placings) {
    const [answer] = answersTo(placing);
    const { id, request } = placing;
    // The same key at the other edge gives the same answer.
    const socket = again[sockets.indexOf(placing.socket)] as WsClient;
    const repeated = await socket.ask({ op: 'place', id, idempotencyKey: id, bet: request });
    // A machine too busy to decide in time is honest about it; then the repetition tells.
    if (codeOf(answer) !== 'OUTCOME_UNKNOWN')
      expect([betOf(repeated)?.id, codeOf(repeated)]).toEqual([betOf(answer)?.id, codeOf(answer)]);
    const betId = betOf(repeated)?.id;
    if (betId !== undefined) told.add(betId);
  }
  expect(told.size).toBeGreaterThan(0);
  const listed = (await Promise.all(players.map(({ client }) => allBets(client)))).flat();
  expect(new Set(listed.map(({ id }) => id))).toEqual(told);
  for (const socket of again) socket.socket.terminate();

  expect(await core.terminate()).toBe(0);
  const { problems, bets } = auditLedger(core.dataDir);
  expect(problems).toEqual([]);
  expect(new Set(bets.map(({ id }) => id))).toEqual(told);
});
