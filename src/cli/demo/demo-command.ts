/**
 * `touchline demo`: what a player does, and what a suspicious one does after. Signs in with a fresh wallet,
 * bets on cells of the shown grid over HTTP and WebSocket, waits for every outcome, then re-derives each
 * from the published ticks with the client's own checker and compares.
 *
 * Exit code 0 means: all bets settled, no outcome disagreed, the ledger sums to zero.
 */
import { isDeepStrictEqual, parseArgs } from 'node:util';
import {
  type BetView,
  checkOutcome,
  createTouchlineClient,
  createTouchlineSocket,
  type PriceTick,
  type StatusAnswer,
  type TouchlineClient,
  throwAwayWallet,
  ticksNeeded,
} from '../../client/index.ts';
import { type Command, type CommandResult, progress, UsageError } from '../command.ts';
import { placeBets } from './bet-placing.ts';
import { answers, localUrl, startOwnSystem } from './own-system.ts';

const STAKE_MICROS = '1000000';
const BETS_DEFAULT = 24;
const SETTLE_POLL_MS = 500;
/** After a window closes, how long its settlement may take before the demo gives up. */
const SETTLE_GRACE_MS = 15_000;

export const demo: Command = {
  summary: 'signs in, places bets on live prices, waits, and checks every outcome by itself',
  options: [
    '--url URL    default: the system on this machine, started if need be',
    `--bets N     default ${BETS_DEFAULT}`,
  ],
  async run(args): Promise<CommandResult> {
    const { values } = parseArgs({
      args: [...args],
      options: { url: { type: 'string' }, bets: { type: 'string' } },
    });
    const bets = Number(values.bets ?? BETS_DEFAULT);
    if (!Number.isInteger(bets) || bets < 1 || bets > 200)
      throw new UsageError('--bets takes a whole number from 1 to 200');
    const url = values.url ?? localUrl();
    if (values.url !== undefined || (await answers(url))) return play(url, bets);
    const own = await startOwnSystem();
    try {
      return await play(own.url, bets);
    } finally {
      await own.stop();
    }
  },
};

async function play(url: string, count: number): Promise<CommandResult> {
  const client = createTouchlineClient({ baseUrl: url });
  const session = await client.signIn(await throwAwayWallet());
  const { balanceMicros } = await client.account();
  progress(`signed in as ${session.wallet} with ${Number(balanceMicros) / 1e6} credits`);
  const socket = createTouchlineSocket({ baseUrl: url, channels: ['grid', 'bets', 'account'] });
  try {
    await socket.auth(session.token);
    const { placed, refusals, overHttp, overWs } = await placeBets({
      client,
      socket,
      count,
      stakeMicros: STAKE_MICROS,
    });
    progress(`${placed.length} bets accepted (${overHttp} over HTTP, ${overWs} over WebSocket)`);
    const settled = await untilSettled(client, placed);
    const status = await client.status();
    const mismatches = await countMismatches(client, settled, status);
    const ledger = (await (await fetch(`${url}/v1/ledger`)).json()) as { sumMicros: string };
    const result = { bets: settled.length, ...tally(settled), mismatches, ledgerSum: ledger.sumMicros };
    const good = mismatches === 0 && ledger.sumMicros === '0' && settled.length >= count;
    return { json: { ...result, overHttp, overWs, refusals }, exitCode: good ? 0 : 1 };
  } finally {
    socket.close();
  }
}

/** Polls rather than listens: the demo also proves what a client finds that missed every push. */
async function untilSettled(client: TouchlineClient, placed: readonly BetView[]): Promise<BetView[]> {
  const lastCloseMs = Math.max(...placed.map((bet) => bet.closesAtMs));
  for (;;) {
    const bets = await Promise.all(placed.map((bet) => client.bet(bet.id)));
    const open = bets.filter((bet) => bet.status === 'open').length;
    if (open === 0) return bets;
    const { serverTimeMs } = await client.time();
    if (serverTimeMs > lastCloseMs + SETTLE_GRACE_MS) throw new Error(`${open} bets never settled`);
    progress(`${open} of ${bets.length} bets open`);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_POLL_MS));
  }
}

async function countMismatches(
  client: TouchlineClient,
  bets: readonly BetView[],
  status: StatusAnswer,
): Promise<number> {
  let mismatches = 0;
  for (const bet of bets) {
    const ticks: PriceTick[] = [];
    for await (const tick of client.prices(ticksNeeded(bet, status.limits))) ticks.push(tick);
    const { outcome, seq, nearMiss } = checkOutcome(bet, ticks, status.limits);
    const isSame = isDeepStrictEqual([outcome, seq, nearMiss], [bet.status, bet.settledSeq, bet.nearMiss]);
    // What operators void is on no tick; their actions are in the ledger.
    if (isSame || bet.reason === 'OPERATOR') continue;
    mismatches += 1;
    progress(
      `${bet.id}: the system says ${bet.status} at ${bet.settledSeq}, the ticks say ${outcome} at ${seq}`,
    );
  }
  return mismatches;
}

function tally(bets: readonly BetView[]): { won: number; lost: number; void: number } {
  const count = (status: BetView['status']): number => bets.filter((bet) => bet.status === status).length;
  return { won: count('won'), lost: count('lost'), void: count('void') };
}
