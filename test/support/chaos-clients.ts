/**
 * Clients that watch and bet through a proxy that cuts their connections, HTTP and sockets, in the middle of
 * whatever is being said. What they were told is compared with what the server says without the proxy.
 *
 * A run ends when so many connections were cut and every bet is settled and heard of, or when patience ends;
 * then what is missing is in the report. The seed decides where connections are cut and what is bet on; when,
 * the machine decides.
 */
import {
  type AccountView,
  type BetView,
  type Client,
  createClient,
  createTouchlineClient,
  openCells,
  type PlaceBetRequest,
  TouchlineError,
  throwAwayWallet,
} from '../../src/client/index.ts';
import { Dice } from '../simulation/dice.ts';
import { type ByteProxy, type ByteProxyOptions, startByteProxy } from './byte-proxy.ts';
import { allBets } from './player.ts';

export interface ChaosOptions {
  /** Of the system itself. */
  readonly url: string;
  readonly clients: number;
  /** Connections to cut, over all clients. */
  readonly cuts: number;
  readonly seed: number;
  /** Bytes of answers after which a connection is cut: uniform up to this. */
  readonly bytesToLiveMax?: number;
  /** How long a client cannot come back after a cut: uniform up to this. */
  readonly awayMsMax?: number;
  /** Happens once half of the cuts are made. */
  readonly halfway?: () => Promise<void>;
  /** For the last results to be heard after the last cut. */
  readonly patienceMs?: number;
}

export interface ChaosReport {
  readonly cuts: number;
  readonly ticks: number;
  readonly placed: number;
  readonly results: number;
  /** Holes in the line of prices that the client told, by reason. */
  readonly gaps: Readonly<Record<string, number>>;
  /** Each a sentence; none may be there. */
  readonly faults: readonly string[];
}

const BYTES_TO_LIVE_MAX = 10_000;
const AWAY_MS_MAX = 2_000;
const PATIENCE_MS = 60_000;
const BETS_AT_ONCE = 6;
/** The nearest columns, which settle soonest. */
const CELLS_TRIED = 48;
const RETRY_PAUSE_MS = 50;

export async function runChaosClients(options: ChaosOptions): Promise<ChaosReport> {
  const { patienceMs = PATIENCE_MS, halfway } = options;
  const cuts = new Cuts(options);
  const gamblers = Array.from({ length: options.clients }, (_, i) => new Gambler(i, options.seed));
  const proxies: ByteProxy[] = [];
  try {
    for (const gambler of gamblers) {
      const proxy = await startByteProxy(Number(new URL(options.url).port), cuts.ofOneClient());
      proxies.push(proxy);
      await gambler.start(`http://127.0.0.1:${proxy.port}`);
    }
    if (halfway) await cuts.half.then(halfway);
    await cuts.all;
    await Promise.all(gamblers.map((gambler) => gambler.finish(options.url, patienceMs)));
  } finally {
    for (const gambler of gamblers) gambler.leave();
    for (const proxy of proxies) await proxy.close();
  }
  return reportOf(cuts.made, gamblers);
}

/** Cuts that are still to be made, and those that were. */
class Cuts {
  made = 0;
  readonly #options: ChaosOptions;
  readonly #dice: Dice;
  readonly #half = Promise.withResolvers<void>();
  readonly #all = Promise.withResolvers<void>();

  constructor(options: ChaosOptions) {
    this.#options = options;
    this.#dice = new Dice(options.seed, 'cuts');
  }

  get half(): Promise<void> {
    return this.#half.promise;
  }

  get all(): Promise<void> {
    return this.#all.promise;
  }

  ofOneClient(): ByteProxyOptions {
    const { cuts, bytesToLiveMax = BYTES_TO_LIVE_MAX, awayMsMax = AWAY_MS_MAX } = this.#options;
    let awayUntilMs = 0;
    return {
      bytesToLive: () => (this.made < cuts ? this.#dice.int(1, bytesToLiveMax) : undefined),
      accepts: () => performance.now() >= awayUntilMs,
      onCut: () => {
        awayUntilMs = performance.now() + this.#dice.int(0, awayMsMax);
        this.made += 1;
        if (this.made >= cuts / 2) this.#half.resolve();
        if (this.made >= cuts) this.#all.resolve();
      },
    };
  }
}

function reportOf(cuts: number, gamblers: readonly Gambler[]): ChaosReport {
  const sum = (of: (gambler: Gambler) => number): number =>
    gamblers.reduce((total, gambler) => total + of(gambler), 0);
  const gaps: Record<string, number> = {};
  for (const { heard } of gamblers) for (const reason of heard.gaps) gaps[reason] = (gaps[reason] ?? 0) + 1;
  return {
    cuts,
    ticks: sum(({ heard }) => heard.ticks),
    placed: sum(({ placed }) => placed.size),
    results: sum(({ heard }) => heard.results.size),
    gaps,
    faults: gamblers.flatMap(({ faults }) => faults),
  };
}

class Gambler {
  readonly placed = new Map<string, BetView>();
  readonly faults: string[] = [];
  readonly heard = { ticks: 0, gaps: [] as string[], results: new Map<string, BetView>() };
  readonly #name: string;
  readonly #dice: Dice;
  readonly #format: 'json' | 'msgpack';
  #account: AccountView | undefined;
  #client: Client | undefined;
  #betting: Promise<void> | undefined;
  #isFinishing = false;

  constructor(index: number, seed: number) {
    this.#name = `client ${index}`;
    this.#dice = new Dice(seed, this.#name);
    this.#format = index % 2 === 0 ? 'json' : 'msgpack';
  }

  async start(baseUrl: string): Promise<void> {
    const client = createClient({
      baseUrl,
      wallet: await throwAwayWallet(),
      format: this.#format,
      backoff: { baseMs: 50, capMs: 500 },
      retry: { attemptsMax: 10, baseMs: 20, capMs: 500 },
    });
    this.#client = client;
    void this.#listen(() => this.#followPrices(client));
    void this.#listen(() => this.#followResults(client));
    void this.#listen(() => this.#followAccount(client));
    this.#betting = this.#listen(() => this.#bet(client));
  }

  /** Bets no more; resolves when everything is heard, or patience is over and the faults say what is not. */
  async finish(url: string, patienceMs: number): Promise<void> {
    this.#isFinishing = true;
    await this.#betting;
    const deadlineMs = performance.now() + patienceMs;
    // The token as it is now: a session whose beginning was cut off is another one already.
    const direct = () => createTouchlineClient({ baseUrl: url, token: this.#client?.token ?? '' });
    const bets = await untilOrLate(
      () => allBets(direct()),
      (all) => all.every(({ status }) => status !== 'open'),
      deadlineMs,
    );
    const missing = await untilOrLate(
      async () => this.#missing(bets, await direct().account()),
      ({ length }) => length === 0,
      deadlineMs,
    );
    this.faults.push(...missing, ...this.#contradictions(bets));
  }

  leave(): void {
    this.#client?.close();
  }

  #missing(bets: readonly BetView[], account: AccountView): readonly string[] {
    const { results } = this.heard;
    const lost = bets
      .filter(({ id }) => !results.has(id))
      .map(({ id, status }) => `never heard: ${id} ${status}`);
    const known = this.#account;
    const isSame = known?.balanceMicros === account.balanceMicros && known.openBets === account.openBets;
    const balance = `believes ${known?.balanceMicros}, has ${account.balanceMicros}`;
    return [...lost, ...(isSame ? [] : [balance])].map((fault) => `${this.#name}: ${fault}`);
  }

  #contradictions(bets: readonly BetView[]): readonly string[] {
    const known = new Map(bets.map((bet) => [bet.id, bet]));
    const unbooked = [...this.placed.keys()].filter((id) => !known.has(id));
    const answered = unbooked.map((id) => `${this.#name}: ${id} was answered and is not in the books`);
    const told = [...this.heard.results.values()].flatMap(({ id, status, settledSeq }) => {
      const bet = known.get(id);
      if (bet?.status === status && bet.settledSeq === settledSeq) return [];
      return [
        `${this.#name}: ${id} was told ${status} at ${settledSeq}, is ${bet?.status} at ${bet?.settledSeq}`,
      ];
    });
    return [...answered, ...told];
  }

  async #listen(loop: () => Promise<void>): Promise<void> {
    try {
      await loop();
    } catch (error) {
      this.faults.push(`${this.#name}: a loop ended: ${error}`);
    }
  }

  async #followPrices(client: Client): Promise<void> {
    let last: number | undefined;
    for await (const { seq, gap } of client.prices()) {
      this.heard.ticks += 1;
      if (gap) this.heard.gaps.push(gap.reason);
      const expected = last === undefined || gap?.reason === 'new-line' ? seq : last + 1 + (gap?.missed ?? 0);
      if (seq !== expected) this.faults.push(`${this.#name}: tick ${seq} came where ${expected} was due`);
      last = seq;
    }
  }

  async #followResults(client: Client): Promise<void> {
    for await (const bet of client.results()) {
      if (this.heard.results.has(bet.id)) this.faults.push(`${this.#name}: ${bet.id} was told twice`);
      this.heard.results.set(bet.id, bet);
    }
  }

  async #followAccount(client: Client): Promise<void> {
    for await (const account of client.accounts()) this.#account = account;
  }

  async #bet(client: Client): Promise<void> {
    for await (const grid of client.grids()) {
      if (this.#isFinishing) return;
      const cells = openCells(grid).slice(0, CELLS_TRIED);
      if (cells.length === 0) continue;
      const bets = Array.from({ length: BETS_AT_ONCE }, () => this.#dice.pick(cells));
      await Promise.all(
        bets.map((cell) => this.#place(client, { ...cell, stakeMicros: '100000', minMultiplier: '1' })),
      );
    }
  }

  /** Until there is an answer, whichever. */
  async #place(client: Client, bet: PlaceBetRequest): Promise<void> {
    const idempotencyKey = crypto.randomUUID();
    for (;;) {
      try {
        const placed = await client.place(bet, { idempotencyKey });
        this.placed.set(placed.id, placed);
        return;
      } catch (error) {
        if (!(error instanceof TouchlineError)) throw error;
        if (!error.retryable) return;
        await new Promise((resolve) => setTimeout(resolve, Math.max(RETRY_PAUSE_MS, error.retryAfterMs)));
      }
    }
  }
}

/** The first value that holds, or the last one there was when it is late; throws if there was none. */
async function untilOrLate<T>(
  read: () => Promise<T>,
  holds: (value: T) => boolean,
  deadlineMs: number,
): Promise<T> {
  for (;;) {
    const isLate = performance.now() > deadlineMs;
    try {
      const value = await read();
      if (isLate || holds(value)) return value;
    } catch (error) {
      if (isLate) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
  }
}
