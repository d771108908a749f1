/**
 * A good player amid the noise: reads prices over HTTP, follows them over a WebSocket, bets by both, and must
 * not notice anything but that it is crowded.
 */
import type { BetView } from '../../src/client/index.ts';
import { newIdempotencyKey, TouchlineError } from '../../src/client/index.ts';
import { cellsOf, createPlayer, type Player } from '../support/player.ts';
import { WsClient } from '../support/ws-client.ts';

const ROUND_PAUSE_MS = 250;
/** No bet was taken for this long: the system is not usable. */
const PATIENCE_MS = 30_000;
const STAKE_MICROS = '100000';
const WS_ANSWER_MS_MAX = 20_000;

export interface CanaryReport {
  readonly prices: number;
  readonly bets: number;
  /** Typed refusals, by code: business, or that the system is busy. */
  readonly refused: Readonly<Record<string, number>>;
}

export class Canary {
  /** Sentences: what no player may see. */
  readonly problems: string[] = [];
  readonly #url: string;
  readonly #player: Player;
  readonly #refused: Record<string, number> = {};
  readonly #tried = new Set<string>();
  #prices = 0;
  #bets = 0;
  #lastSeq = 0;
  /** When a bet was taken last; reading prices alone is no life. */
  #goodAtMs = performance.now();
  #isStopped = false;
  #running: Promise<void> | undefined;
  readonly #firstBet = Promise.withResolvers<void>();

  private constructor(url: string, player: Player) {
    this.#url = url;
    this.#player = player;
  }

  static async start(url: string): Promise<Canary> {
    const canary = new Canary(url, await createPlayer(url, 3));
    canary.#running = canary.#live();
    return canary;
  }

  /** Resolves with what it saw, after its first bet at the earliest; its bets may still be open. */
  async stop(): Promise<CanaryReport> {
    const stops = this.#firstBet.promise.then(() => {
      this.#isStopped = true;
    });
    await Promise.race([this.#running, stops]);
    await this.#running;
    if (this.#bets === 0)
      this.problems.push(`no bet of the canary was taken: ${JSON.stringify(this.#refused)}`);
    return { prices: this.#prices, bets: this.#bets, refused: this.#refused };
  }

  /** The system is known to be gone: say nothing more. */
  abandon(): void {
    this.#isStopped = true;
  }

  async #live(): Promise<void> {
    let socket: WsClient | undefined;
    for (let round = 0; !this.#isStopped; round += 1) {
      await this.#attempt(() => this.#readPrice());
      if (!socket || socket.socket.readyState !== socket.socket.OPEN)
        await this.#attempt(async () => {
          socket = await this.#connect();
        });
      await this.#attempt(() => this.#bet(round % 2 === 0 ? socket : undefined));
      if (!this.#isStopped && performance.now() - this.#goodAtMs > PATIENCE_MS) {
        this.problems.push(`no bet was taken for ${PATIENCE_MS / 1_000} s: ${JSON.stringify(this.#refused)}`);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, ROUND_PAUSE_MS));
    }
    socket?.socket.terminate();
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#isStopped) return;
      const code = error instanceof TouchlineError ? error.code : String(error);
      this.#refused[code] = (this.#refused[code] ?? 0) + 1;
      const isTyped = error instanceof TouchlineError && code !== 'INTERNAL' && code !== 'BAD_ANSWER';
      if (!isTyped) this.problems.push(code);
    }
  }

  async #readPrice(): Promise<void> {
    const { seq } = await this.#player.client.price();
    // Two threads may be a tick apart.
    if (seq < this.#lastSeq - 20) this.problems.push(`the price went back from ${this.#lastSeq} to ${seq}`);
    this.#lastSeq = Math.max(seq, this.#lastSeq);
    this.#prices += 1;
  }

  async #connect(): Promise<WsClient> {
    const socket = await new WsClient(`${this.#url.replace('http', 'ws')}/v1/ws`).opened();
    const auth = await withDeadline(socket.ask({ op: 'auth', id: 'auth', token: this.#player.client.token }));
    if (auth['ack'] !== 'auth') this.problems.push(`the socket was not signed in: ${JSON.stringify(auth)}`);
    await withDeadline(socket.ask({ op: 'subscribe', id: 'sub', channels: ['price', 'bets', 'account'] }));
    return socket;
  }

  async #bet(socket: WsClient | undefined): Promise<void> {
    const grid = await this.#player.client.grid();
    const request = cellsOf(grid, 400, STAKE_MICROS).find((cell) => {
      const name = `${cell.opensAtMs}:${cell.lowCents}`;
      return cell.opensAtMs > grid.atMs + 6_500 && !this.#tried.has(name) && this.#tried.add(name);
    });
    if (!request) return;
    const key = newIdempotencyKey();
    if (!socket) await this.#player.client.placeBet(request, { idempotencyKey: key });
    else {
      const answer = await withDeadline(
        socket.ask({ op: 'place', id: key, idempotencyKey: key, bet: request }),
      );
      const { bet, error } = answer as {
        bet?: BetView;
        error?: { code: string; message: string; retryable: boolean };
      };
      if (error) throw new TouchlineError({ ...error, code: error.code });
      if (!bet) this.problems.push(`a strange answer to a bet: ${JSON.stringify(answer)}`);
    }
    this.#bets += 1;
    this.#goodAtMs = performance.now();
    this.#firstBet.resolve();
  }
}

function withDeadline<T>(promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(new Error('no answer on the socket of the canary'));
    const timer = setTimeout(fail, WS_ANSWER_MS_MAX);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
