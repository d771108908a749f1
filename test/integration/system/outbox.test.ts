/** What a socket hears when the ledger's process dies: its edge stays, and the outcome still comes, once. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { commandConnection, connect } from '../../../src/runtime/index.ts';
import { cellsOf, createPlayer, type Player, until } from '../../support/player.ts';
import { type RunningEdge, type RunningSystem, startEdge, startSystem } from '../../support/system.ts';
import { WsClient } from '../../support/ws-client.ts';

let core: RunningSystem;
let edge: RunningEdge;
let player: Player;
let socket: WsClient;

beforeEach(async () => {
  core = await startSystem({ env: { TOUCHLINE_ACTORS: 'history-writer,resolver,session-guard,price-feed' } });
  edge = await startEdge(core);
  player = await createPlayer(core.url, 4);
  socket = await new WsClient(`${core.url.replace('http', 'ws')}/v1/ws`).opened();
  await socket.ask({ op: 'subscribe', channels: ['bets'], id: 1 });
  await socket.ask({ op: 'auth', token: player.client.token, id: 2 });
});
afterEach(async () => {
  socket.socket.terminate();
  await edge.stop();
  await core.stop();
});

/** On a column that opens only after the core can have been restarted. */
async function placeFarBet() {
  const grid = await until(
    () => player.client.grid(),
    (shown) => cellsOf(shown, 1).length === 1,
  );
  const columns = grid.columns.slice(2);
  const [cell] = cellsOf({ ...grid, columns, multipliers: grid.multipliers.slice(2) }, 1);
  if (!cell) throw new Error('no cell that far away');
  return player.client.placeBet(cell);
}

const outcomesOf = (betId: string) =>
  socket.frames.filter(
    ({ push, event, bet }) =>
      push === 'bet' && event === 'BetSettled' && (bet as { id: string }).id === betId,
  );

it('a bet whose settlement was the last thing a killed core committed', async () => {
  const bet = await placeFarBet();
  await core.kill();
  // The first commit that has something to tell is this bet's settlement.
  await core.restart({ TOUCHLINE_FAILPOINT: 'resolver/outbox.committed:1' });
  await core.gone();
  expect(outcomesOf(bet.id)).toEqual([]);

  await core.restart();
  await socket.frame(() => outcomesOf(bet.id).length > 0);
  const { bet: pushed } = outcomesOf(bet.id)[0] as { bet: { settledSeq: number; status: string } };
  const settled = await player.client.bet(bet.id);
  expect([pushed.status, pushed.settledSeq]).toEqual([settled.status, settled.settledSeq]);

  // Everything on the stream again would come before the next event: that one, and no repetition, comes.
  const redis = await connect(commandConnection(core.redis.url));
  await redis.del('outbox:accounts');
  redis.disconnect();
  const next = await placeFarBet();
  await socket.frame(({ push, bet: shown }) => push === 'bet' && (shown as { id: string }).id === next.id);
  expect(outcomesOf(bet.id)).toHaveLength(1);
  expect(socket.frames.flatMap(({ n }) => (n === undefined ? [] : [n]))).toEqual(
    socket.frames.filter(({ n }) => n !== undefined).map((_, index) => index + 1),
  );
});
