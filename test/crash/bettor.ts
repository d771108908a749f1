/**
 * A wallet that bets all the time and keeps what it was answered. A bet without an answer is asked for
 * again, under its own key and by the other way (HTTP, WebSocket), until there is one: so at the end every
 * key has exactly one answer, and the ledger must hold exactly the accepted ones.
 */
import {
  type BetView,
  createTouchlineClient,
  createTouchlineSocket,
  newIdempotencyKey,
  type PlaceBetRequest,
  TouchlineError,
  type TouchlineSocket,
  throwAwayWallet,
} from '../../src/client/index.ts';
import type { GridBoard } from './grid-board.ts';

export interface AckedBet {
  readonly key: string;
  readonly request: PlaceBetRequest;
  readonly bet: BetView;
}

/** `requestedAtMs`: when the request that was answered left; it tells which life of the system answered. */
export type OnAck = (acked: AckedBet, requestedAtMs: number) => void;

const REQUEST_TIMEOUT_MS = 1_500;
const RETRY_PAUSE_MS = 100;
/** A wallet bets once on a cell: not so fast that the near columns run out of cells. */
const BET_PAUSE_MS = 250;
const STAKE_MICROS = '100000';
/** Nobody answered one key for this long: the system does not recover. */
const PATIENCE_MS = 120_000;

export class Bettor {
  readonly acked: AckedBet[] = [];
  /** Keys that were refused, and why. */
  readonly refused = new Map<string, string>();
  /** A key that was answered with another bet than before. */
  readonly doubled: string[] = [];
  /** A bet whose terms changed after they were acknowledged. */
  readonly changed: string[] = [];
  unanswered = 0;
  readonly #client;
  readonly #socket: TouchlineSocket;
  readonly #wallet;
  readonly #board: GridBoard;
  readonly #onAck: OnAck;
  readonly #tried = new Set<string>();
  #stopping = false;

  private constructor(
    url: string,
    board: GridBoard,
    wallet: Awaited<ReturnType<typeof throwAwayWallet>>,
    onAck: OnAck,
  ) {
    this.#client = createTouchlineClient({
      baseUrl: url,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      retry: { attemptsMax: 1 },
    });
    this.#socket = createTouchlineSocket({
      baseUrl: url,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      backoff: { baseMs: 50, capMs: 200 },
    });
    this.#wallet = wallet;
    this.#board = board;
    this.#onAck = onAck;
  }

  static async signedIn(url: string, board: GridBoard, onAck: OnAck): Promise<Bettor> {
    const bettor = new Bettor(url, board, await throwAwayWallet(), onAck);
    await bettor.#signIn();
    return bettor;
  }

  /** Resolves when it was stopped and every key it ever sent has its answer. */
  async run(): Promise<void> {
    while (!this.#stopping) {
      const request = this.#nextRequest();
      if (request) await this.#place(newIdempotencyKey(), request);
      await pause(BET_PAUSE_MS);
    }
  }

  stop(): void {
    this.#stopping = true;
  }

  close(): void {
    this.#socket.close();
  }

  /** Sends an acknowledged bet once more: the same key must give the same bet, on the same terms. */
  async repeat(before: AckedBet): Promise<void> {
    const after = await this.#untilAnswered(before.key, before.request);
    if (!('bet' in after)) this.changed.push(`${before.bet.id}: was accepted, is now refused ${after.code}`);
    else if (after.bet.id !== before.bet.id)
      this.doubled.push(`${before.key}: ${before.bet.id} and ${after.bet.id}`);
    else if (termsOf(after.bet) !== termsOf(before.bet)) this.changed.push(`${before.bet.id}: other terms`);
  }

  async #place(key: string, request: PlaceBetRequest): Promise<void> {
    const answer = await this.#untilAnswered(key, request);
    if ('code' in answer) {
      this.refused.set(key, answer.code);
      return;
    }
    const acked = { key, request, bet: answer.bet };
    this.acked.push(acked);
    this.#onAck(acked, answer.requestedAtMs);
  }

  async #untilAnswered(
    key: string,
    request: PlaceBetRequest,
  ): Promise<{ bet: BetView; requestedAtMs: number } | { code: string }> {
    const sinceMs = performance.now();
    let bySocket = this.acked.length % 2 === 0;
    let last = '';
    while (performance.now() - sinceMs < PATIENCE_MS) {
      const requestedAtMs = performance.now();
      const options = { idempotencyKey: key };
      try {
        const bet = await (bySocket
          ? this.#socket.place(request, options)
          : this.#client.placeBet(request, options));
        return { bet, requestedAtMs };
      } catch (error) {
        if (!(error instanceof TouchlineError)) throw error;
        if (error.code === 'UNAUTHENTICATED') await this.#signIn().catch(() => {});
        else if (isFinal(error)) return { code: error.code };
        this.unanswered += 1;
        last = `${error.code} by ${bySocket ? 'WebSocket' : 'HTTP'}`;
        bySocket = !bySocket;
        await pause(RETRY_PAUSE_MS);
      }
    }
    throw new Error(`no answer to ${key} for ${PATIENCE_MS / 1_000} s, last ${last}`);
  }

  async #signIn(): Promise<void> {
    const { token } = await this.#client.signIn(this.#wallet);
    // The socket says it again on every connection; bets wait for it.
    this.#socket.auth(token).catch(() => {});
  }

  /** A cell this wallet never tried: the near columns only, so that a run is soon settled. */
  #nextRequest(): PlaceBetRequest | undefined {
    for (const request of this.#board.cells()) {
      const name = `${request.opensAtMs}:${request.lowCents}:${request.highCents}`;
      if (this.#tried.has(name)) continue;
      this.#tried.add(name);
      return { ...request, stakeMicros: STAKE_MICROS };
    }
    return undefined;
  }
}

/** Decided for ever: business refusals. Everything else says that nothing is known yet. */
const isFinal = (error: TouchlineError): boolean =>
  !error.retryable && error.status >= 400 && error.status < 500;

function termsOf(bet: BetView): string {
  const { status, settledSeq, settledAtMs, reason, receipt, ...terms } = bet;
  // What the receipt says; how it is signed depends on what was answered beside it.
  return JSON.stringify(Object.entries({ ...terms, receipt: receipt?.message }).sort());
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
