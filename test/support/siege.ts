/**
 * One running system under attack, and what must stay as it was: money, bets, threads, the process. Attacks
 * run one after the other; what each one leaves is compared with what was there before it.
 */
import { expect } from 'vitest';
import type { GridView } from '../../src/client/index.ts';
import type { LedgerSummary } from '../../src/protocol/letters/resolver.ts';
import { type Answer, type CallRequest, call, errorOf } from './http-call.ts';
import { auditLedger } from './ledger-audit.ts';
import { cellsOf, createPlayer, type Player, type TouchRequest, until } from './player.ts';
import { type RunningSystem, startSystem } from './system.ts';
import { WsClient } from './ws-client.ts';

export interface Siege {
  readonly system: RunningSystem;
  /** Signed in, with the starting grant. */
  readonly player: Player;
  /** Headers that act for the player. */
  readonly asPlayer: Readonly<Record<string, string>>;
  call(path: string, request?: CallRequest): Promise<Answer>;
  socket(options?: ConstructorParameters<typeof WsClient>[1]): Promise<WsClient>;
  /**
   * Runs the attack; expects that no account, bet or ledger sum changed and that no thread noticed. Runs it
   * again if a bet happened to be settled meanwhile.
   */
  withoutEffect<T>(attack: () => Promise<T> | T): Promise<T>;
  /**
   * Expects the process and every thread in their first life and prices going on, then an orderly end without
   * a line of error in the log, and books that add up.
   */
  end(): Promise<void>;
}

interface Snapshot {
  readonly ledger: LedgerSummary;
  readonly account: unknown;
  readonly bets: unknown;
}

const settledCount = ({ ledger: { bets } }: Snapshot): number => bets.won + bets.lost + bets.void;

const PINO_ERROR_LEVEL = /"level":[56]0/;

export async function startSiege(env: Readonly<Record<string, string>> = {}): Promise<Siege> {
  const system = await startSystem({ env: { BROADCASTER_THREADS: '2', ...env } });
  try {
    return besiege(system, await createPlayer(system.url));
  } catch (error) {
    await system.stop();
    throw error;
  }
}

function besiege(system: RunningSystem, player: Player): Siege {
  const asPlayer = { authorization: `Bearer ${player.client.token}` };
  const callPath = (path: string, request?: CallRequest): Promise<Answer> => call(system.url + path, request);
  const seqNow = async (): Promise<number> =>
    (
      await until(
        () => player.client.price(),
        ({ seq }) => seq > 0,
      )
    ).seq;

  const expectNoCrash = async (): Promise<void> => {
    const { actors } = (await call(`${system.adminUrl}/actors`)).body as { actors: object[] };
    for (const actor of actors)
      expect(actor).toMatchObject({ state: 'running', restarts: 0, lastError: null });
  };
  const snapshot = async (): Promise<Snapshot> => {
    const paths = ['/v1/ledger', '/v1/account', '/v1/bets?limit=200'];
    const answers = await Promise.all(paths.map((path) => callPath(path, { headers: asPlayer })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const [ledger, account, bets] = answers.map(({ body }) => body);
    return { ledger: ledger as LedgerSummary, account, bets };
  };
  return {
    system,
    player,
    asPlayer,
    call: callPath,
    socket: (options) => new WsClient(`${system.url.replace('http', 'ws')}/v1/ws`, options).opened(),
    withoutEffect: async (attack) => {
      for (;;) {
        const [before, seqBefore] = [await snapshot(), await seqNow()];
        const result = await attack();
        const after = await snapshot();
        // A bet of an earlier test came due in between: that says nothing about the attack.
        if (settledCount(after) !== settledCount(before)) continue;
        expect(after).toEqual(before);
        expect(await seqNow()).toBeGreaterThanOrEqual(seqBefore);
        await expectNoCrash();
        return result;
      }
    },
    end: async () => {
      try {
        const seqBefore = await seqNow();
        await until(seqNow, (seq) => seq > seqBefore);
        await expectNoCrash();
        expect(await system.terminate()).toBe(0);
        expect(system.output()).not.toMatch(PINO_ERROR_LEVEL);
        expect(auditLedger(system.dataDir).problems).toEqual([]);
      } finally {
        await system.stop();
      }
    },
  };
}

/** Columns from here on open so late that neither a lock nor a settlement comes in between. */
const FIRST_STEADY_COLUMN = 5;

/** Bets on cells that will still be offered, unsettled, when they are executed, also on a slow machine. */
export async function steadyBets(
  player: Player,
  count: number,
  stakeMicros?: string,
): Promise<TouchRequest[]> {
  const read = async (): Promise<TouchRequest[]> => {
    const grid = await player.client.grid();
    return cellsOf(steadyPart(grid), count, stakeMicros);
  };
  return until(read, (bets) => bets.length === count);
}

function steadyPart(grid: GridView): GridView {
  const isSteady = (multiplier: string | null): boolean =>
    multiplier !== null && Number(multiplier) >= 1.3 && Number(multiplier) <= 20;
  return {
    ...grid,
    columns: grid.columns.slice(FIRST_STEADY_COLUMN),
    multipliers: grid.multipliers
      .slice(FIRST_STEADY_COLUMN)
      .map((column) => column.map((multiplier) => (isSteady(multiplier) ? multiplier : null))),
  };
}

/** Refusals that only say that this machine was too slow just now: the same bet under another key may do. */
export const isTooBusy = (answer: Answer): boolean =>
  ['EXECUTION_TOO_LATE', 'FEED_DEGRADED'].includes(errorOf(answer)?.code ?? '');

/** What the attack was answered by a system with time for it; `attempt` counts from 1. */
export async function unhurried(attack: (attempt: number) => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await attack(attempt);
    if (!isTooBusy(answer)) return answer;
  }
}
