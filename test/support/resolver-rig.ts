/** A Resolver on one stack, with a feed that ticks when told: clock, log and letter move together. */
import { MemoryLedgerAnchor } from '../../src/actors/resolver/ledger-anchor.ts';
import type { LedgerStore } from '../../src/actors/resolver/ledger-store.ts';
import { MemoryTickLog } from '../../src/actors/resolver/memory-tick-log-reader.ts';
import { resolverActor } from '../../src/actors/resolver/resolver-actor.ts';
import { openLedgerDatabase, SqliteLedgerStore } from '../../src/actors/resolver/sqlite-ledger-store.ts';

import { DEFAULT_MARKET_RULES, type MarketRules } from '../../src/domain/rules.ts';
import type { IndexTick } from '../../src/domain/tick.ts';
import { hundredths, micros } from '../../src/domain/units.ts';
import { ACCOUNT_EVENTS, type AccountEvent, unpackAccountEvents } from '../../src/protocol/account-events.ts';
import type { BetView } from '../../src/protocol/bet-view.ts';
import type { Outcome } from '../../src/protocol/errors.ts';
import { type PlaceBetBody, RESOLVER } from '../../src/protocol/letters/resolver.ts';
import { createTestSystem, type TestSystem } from '../../src/runtime/test-kit/create-test-system.ts';
import { cellAt, START_MS, tickAt, WALLET } from './market.ts';

export interface RigOptions {
  readonly rules?: Partial<MarketRules>;
  /** Wraps the real store, to make it fail. */
  readonly wrapStore?: (store: LedgerStore) => LedgerStore;
  readonly tickLog?: MemoryTickLog;
  /** Where the ledger is; without one, in memory. */
  readonly ledgerPath?: string;
  /** How many bets of one tick one commit takes. */
  readonly betsPerCommitMax?: number;
}

type BandView = BetView & { readonly lowCents: number; readonly highCents: number };

export interface TickChange extends Partial<IndexTick> {
  /** False: recorded, but the letter that tells of it is lost. */
  readonly delivered?: boolean;
}

export const TICK_MS = DEFAULT_MARKET_RULES.tickMs;

export class ResolverRig {
  readonly system: TestSystem;
  readonly tickLog: MemoryTickLog;
  readonly anchor = new MemoryLedgerAnchor();
  readonly database: ReturnType<typeof openLedgerDatabase>;
  readonly rules: MarketRules;
  #store: LedgerStore;
  readonly #pieces: Pick<RigOptions, 'betsPerCommitMax'>;
  #lastTick: IndexTick | undefined;
  #keys = 0;

  constructor(system: TestSystem, options: RigOptions) {
    this.system = system;
    this.tickLog = options.tickLog ?? new MemoryTickLog();
    this.rules = { ...DEFAULT_MARKET_RULES, ...options.rules };
    this.database = openLedgerDatabase(options.ledgerPath ?? ':memory:');
    const store = new SqliteLedgerStore(this.database);
    this.#store = options.wrapStore?.(store) ?? store;
    const { betsPerCommitMax } = options;
    this.#pieces = betsPerCommitMax === undefined ? {} : { betsPerCommitMax };
  }

  get store(): LedgerStore {
    return this.#store;
  }

  get lastTick(): IndexTick | undefined {
    return this.#lastTick;
  }

  start(): Promise<void> {
    const { tickLog, rules } = this;
    const accountEvents = this.system.outbox(ACCOUNT_EVENTS);
    const { anchor } = this;
    const ports = { store: this.#store, tickLog, accountEvents, rules, anchor, ...this.#pieces };
    return this.system.start(resolverActor(ports));
  }

  restart(): Promise<void> {
    return this.system.restart(RESOLVER.name);
  }

  /** What wallets are told from now on. */
  events(): Promise<AccountEvent[]> {
    return this.system.listenToOutbox(ACCOUNT_EVENTS, unpackAccountEvents);
  }

  async openAccount(wallet: string = WALLET): Promise<void> {
    await this.system.ask(RESOLVER, { type: 'OpenAccount', body: { wallet } });
  }

  /** One tick later (or `afterMs`), a tick is recorded and the Resolver told. */
  async tick(
    { delivered = true, ...change }: TickChange = {},
    afterMs: number = TICK_MS,
  ): Promise<IndexTick> {
    await this.system.advance(afterMs);
    const seq = (this.#lastTick?.seq ?? 0) + 1;
    const priceCents = this.#lastTick?.priceCents ?? tickAt(1).priceCents;
    const tick = tickAt(seq, { atMs: this.system.clock.nowMs(), priceCents, ...change });
    this.tickLog.record(tick);
    this.#lastTick = tick;
    if (delivered) await this.deliver(tick);
    return tick;
  }

  async ticks(count: number, change: TickChange = {}): Promise<void> {
    for (let i = 0; i < count; i += 1) await this.tick(change);
  }

  /** Ticks until (and including) this long after START_MS. */
  async ticksUntil(sinceStartMs: number, change: TickChange = {}): Promise<void> {
    while (this.system.clock.nowMs() < START_MS + sinceStartMs) await this.tick(change);
  }

  async deliver(...ticks: readonly IndexTick[]): Promise<void> {
    this.system.deliver(RESOLVER, { type: 'TicksRecorded', body: { ticks } });
    await this.system.idle();
  }

  body(change: Partial<PlaceBetBody> = {}): PlaceBetBody {
    return {
      wallet: WALLET,
      idempotencyKey: `key-${++this.#keys}`,
      cell: cellAt(),
      stakeMicros: micros(10_000_000),
      minMultiplier: hundredths(101),
      ...change,
    };
  }

  /** Sends the bet; the answer comes with later ticks. */
  async send(body: PlaceBetBody): Promise<{ readonly answer: Promise<Outcome<BetView>> }> {
    const asked = this.system.asking(RESOLVER, { type: 'PlaceBet', body });
    await this.system.idle();
    const answer = asked.then((result) => {
      if (!result.ok) throw new Error(result.code);
      return result.reply;
    });
    answer.catch(() => {});
    return { answer };
  }

  /** Sends bets of one wallet in one letter; as `send`. */
  async sendBatch(
    bodies: readonly PlaceBetBody[],
  ): Promise<{ readonly answers: Promise<readonly Outcome<BetView>[]> }> {
    const wallet = bodies[0]?.wallet ?? WALLET;
    const bets = bodies.map(({ wallet: _, ...bet }) => bet);
    const asked = this.system.asking(RESOLVER, { type: 'PlaceBets', body: { wallet, bets } });
    await this.system.idle();
    const answers = asked.then((result) => {
      if (!result.ok || !result.reply.ok) throw new Error(result.ok ? 'refused whole' : result.code);
      return result.reply.value.results;
    });
    answers.catch(() => {});
    return { answers };
  }

  /** Sends the bet and ticks until it is answered. */
  async place(change: Partial<PlaceBetBody> = {}): Promise<Outcome<BetView>> {
    const { answer } = await this.send(this.body(change));
    await this.ticks(2);
    return answer;
  }

  /** On a cell with two edges. */
  async accepted(change: Partial<PlaceBetBody> = {}): Promise<BandView> {
    const outcome = await this.place(change);
    if (!outcome.ok) throw new Error(`refused: ${JSON.stringify(outcome.error)}`);
    return outcome.value as BandView;
  }

  async account(wallet: string = WALLET) {
    const outcome = await this.system.ask(RESOLVER, { type: 'GetAccount', body: { wallet } });
    if (!outcome.ok) throw new Error(outcome.error.code);
    return outcome.value;
  }

  async bet(betId: string, wallet: string = WALLET): Promise<BetView> {
    const outcome = await this.system.ask(RESOLVER, { type: 'GetBet', body: { wallet, betId } });
    if (!outcome.ok) throw new Error(outcome.error.code);
    return outcome.value;
  }

  async summary() {
    const outcome = await this.system.ask(RESOLVER, { type: 'GetLedgerSummary', body: {} });
    if (!outcome.ok) throw new Error(outcome.error.code);
    return outcome.value;
  }
}

/** Started, one account open, one tick seen. */
export async function startRig(options: RigOptions = {}): Promise<ResolverRig> {
  const rig = new ResolverRig(await createTestSystem({ seed: 1, startMs: START_MS }), options);
  await rig.start();
  await rig.openAccount();
  await rig.tick();
  return rig;
}
