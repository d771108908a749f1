/**
 * The whole system on one thread, from one seed: the five real actors under real supervisors in a core and an
 * edge process, on simulated time, Redis, disk, feed and network, with the judge watching.
 */
import { broadcasterActor } from '../../src/actors/broadcaster/broadcaster-actor.ts';
import { MemoryServer } from '../../src/actors/broadcaster/memory-server.ts';
import { historyWriterActor } from '../../src/actors/history-writer/history-writer-actor.ts';
import { openSqliteTickLog } from '../../src/actors/history-writer/sqlite-tick-log.ts';
import { priceFeedActor } from '../../src/actors/price-feed/price-feed-actor.ts';
import { MemoryLedgerAnchor } from '../../src/actors/resolver/ledger-anchor.ts';
import { resolverActor } from '../../src/actors/resolver/resolver-actor.ts';
import { openLedgerDatabase, SqliteLedgerStore } from '../../src/actors/resolver/sqlite-ledger-store.ts';
import { task as recoverAddress } from '../../src/actors/session-guard/recover-address-task.ts';
import { sessionGuardActor } from '../../src/actors/session-guard/session-guard-actor.ts';
import type { Envelope } from '../../src/protocol/envelope.ts';
import { HISTORY_WRITER } from '../../src/protocol/letters/history-writer.ts';
import { PRICE_FEED } from '../../src/protocol/letters/price-feed.ts';
import { type PlaceBet, type PlaceBets, RESOLVER } from '../../src/protocol/letters/resolver.ts';
import { SESSION_GUARD } from '../../src/protocol/letters/session-guard.ts';
import type { AnyActorDefinition } from '../../src/runtime/actor.ts';
import {
  ComputePoolFull,
  inlineComputePool,
  Metrics,
  type Random,
  type RedisConnection,
  seededRandom,
} from '../../src/runtime/index.ts';
import { MemoryGuard } from '../../src/runtime/redis/memory-guard.ts';
import { SERVICE_KEY } from '../support/proofs.ts';
import { ALARM, Alarms } from './alarm.ts';
import { Dice, streamSeed } from './dice.ts';
import { Faults } from './faults.ts';
import { ReachedGoals } from './goals.ts';
import { Judge } from './judge.ts';
import { Injected, type Life } from './life.ts';
import { type Plan, planOf } from './plan.ts';
import * as ports from './redis-ports.ts';
import { SimClock } from './sim-clock.ts';
import { SimDisk } from './sim-disk.ts';
import { SimFeed } from './sim-feed.ts';
import { SimPostOffice } from './sim-post-office.ts';
import { type SimHost, SimProcess } from './sim-process.ts';
import { SimRedis } from './sim-redis.ts';
import { SignalHub } from './sim-signals.ts';
import { Trace } from './trace.ts';
import { BETS_PER_COMMIT_MAX, SIGN_IN, tracingLogger } from './world-settings.ts';

/** A broadcaster that takes connections, and the life that serves them. */
export interface Edge {
  readonly server: MemoryServer;
  readonly life: Life;
}

type SeenLetter = Pick<Envelope, 'id' | 'type'>;

const CORE = [HISTORY_WRITER, RESOLVER, SESSION_GUARD, PRICE_FEED, ALARM];

export class World implements SimHost {
  readonly plan: Plan;
  readonly clock: SimClock;
  readonly trace: Trace;
  readonly goals = new ReachedGoals();
  readonly faults: Faults;
  readonly redis: SimRedis;
  readonly disk: SimDisk;
  readonly feed: SimFeed;
  readonly judge: Judge;
  readonly alarms: Alarms;
  readonly core: SimProcess;
  readonly edge: SimProcess;
  readonly edges = new Map<string, Edge>();
  readonly broadcasterIds: readonly string[];
  readonly log: SimHost['log'];
  readonly #seed: number;
  readonly #signals: SignalHub;
  readonly #ledger = openLedgerDatabase(':memory:');
  readonly #anchor = new MemoryLedgerAnchor();
  readonly #store = new SqliteLedgerStore(this.#ledger);
  readonly #tickLog = openSqliteTickLog(':memory:', SERVICE_KEY);
  readonly #handled = new WeakMap<Life, Set<string>>();
  #lives = 0;

  constructor(seed: number, onTraceLine?: (line: string) => void) {
    this.#seed = seed;
    this.plan = planOf(seed);
    const { plan } = this;
    const clock = new SimClock(plan.startMs);
    this.clock = clock;
    const trace = new Trace(() => clock.monotonicMs(), onTraceLine);
    this.trace = trace;
    this.log = tracingLogger(trace);
    this.faults = new Faults(seed, plan, trace);
    const { faults } = this;
    const reached = (goal: string): void => this.reached(goal);
    this.judge = new Judge({
      ledger: this.#ledger,
      tickLog: this.#tickLog,
      rules: plan.rules,
      nowMs: () => clock.nowMs(),
      trace,
      reached,
    });
    this.redis = new SimRedis({ clock, faults, plan, trace, reached });
    const dice = new Dice(seed, 'alarms');
    this.alarms = new Alarms({ judge: this.judge, redis: this.redis, dice, reached });
    this.disk = new SimDisk(faults, {
      reached,
      ticksCommitted: () => this.judge.ticksCommitted(),
      ledgerCommitted: () => this.judge.ledgerCommitted(),
      ledgerLoaded: (isMisread) => {
        this.judge.isMisread = isMisread;
      },
    });
    this.feed = new SimFeed(seed, plan, clock);
    this.#signals = new SignalHub(this.redis);
    this.broadcasterIds = Array.from({ length: plan.broadcasters }, (_, i) => `broadcaster-${i + 1}`);
    const coreIds = CORE.map(({ name }) => name);
    this.core = new SimProcess('core', coreIds, this);
    this.edge = new SimProcess('edge', this.broadcasterIds, this);
  }

  readonly reached = (goal: string): void => this.goals.reach(goal);

  get statusBoard() {
    return this.redis.statusBoard;
  }

  get isReady(): boolean {
    return this.core.isReady && this.edge.isReady;
  }

  lives(): Life[] {
    const ids = CORE.map(({ name }) => name);
    return [
      ...ids.map((id) => this.core.lifeOf(id)),
      ...this.broadcasterIds.map((id) => this.edge.lifeOf(id)),
    ]
      .filter((life) => life !== undefined)
      .filter((life) => life.isAlive);
  }

  /** Timers fire and everything comes to rest after each, until this monotonic instant. */
  async runUntil(untilMs: number): Promise<void> {
    while (this.clock.fireNext(untilMs)) await new Promise((resolve) => setImmediate(resolve));
  }

  historyIsWhole(): Promise<boolean> {
    const { head } = this.judge;
    return this.redis.history.extent().then((extent) => {
      if (!head) return !extent;
      const oldest = this.#tickLog.firstSince(head.atMs - this.plan.historySpanMs) ?? head;
      return extent?.isComplete === true && extent.toSeq === head.seq && extent.fromSeq <= oldest.seq;
    });
  }

  /** Of the feed that may write now. */
  epoch(): number {
    return this.#tickLog.head().epoch;
  }

  close(): void {
    this.#ledger.close();
    this.#tickLog.close();
  }

  actor(id: string, life: Life): AnyActorDefinition {
    const definition = this.#actor(id, life);
    const handled = new Set<string>();
    this.#handled.set(life, handled);
    const receive = definition.receive as (...args: unknown[]) => Promise<void> | void;
    const watched = {
      ...definition,
      receive: async (state: unknown, letters: readonly SeenLetter[], context: unknown) => {
        const poison = letters.find((letter) => this.redis.isPoison(letter, id));
        if (poison) {
          this.faults.end(life, `poison ${poison.type}`);
          return new Promise(() => {});
        }
        await receive(state, letters, context);
        for (const letter of letters) handled.add(letter.id);
      },
    };
    return watched as unknown as AnyActorDefinition;
  }

  postOffice(life: Life) {
    const memory = new MemoryGuard({
      redis: { info: () => this.redis.info() } as unknown as RedisConnection,
      clock: life.clock(this.clock),
      log: this.log,
      metrics: this.metrics(life.id),
    });
    memory.start();
    life.onEnd(() => memory.stop());
    const watch = {
      reached: this.reached,
      acking: (actor: string, envelope: Envelope) => this.#acking(actor, envelope, life),
    };
    return new SimPostOffice(this.redis, life, watch, memory);
  }

  signals(life: Life) {
    return this.#signals.bus(life);
  }

  random(id: string): Random {
    this.#lives += 1;
    return seededRandom(streamSeed(this.#seed, `${id} ${this.#lives}`));
  }

  metrics(id: string): Metrics {
    return new GoalMetrics(id, (goal) => {
      this.reached(goal);
      // The Resolver reads its ledger back: nothing here spoils it, so nothing may be wrong with it.
      if (goal === 'metric resolver_ledger_problems_total') this.judge.violation('the ledger is found wrong');
    });
  }

  /** Whatever ends an actor must be a fault that was injected, or one that the product documents. */
  crashed(actor: string, error: Error): void {
    if (error instanceof Injected || /^superseded: /.test(error.message)) return;
    this.judge.violation(`${actor} crashed by itself: ${error.stack ?? error.message}`);
  }

  #actor(id: string, life: Life) {
    const { plan, disk, redis } = this;
    switch (id) {
      case HISTORY_WRITER.name:
        return historyWriterActor({
          tickLog: disk.tickLog(this.#tickLog, life),
          history: ports.priceHistory(redis, life),
          upkeep: { framesPerStep: 4, spanMs: plan.historySpanMs },
        });
      case RESOLVER.name:
        return resolverActor({
          store: disk.ledger(this.#store, life),
          tickLog: disk.tickLogReader(this.#tickLog, life),
          accountEvents: ports.accountEvents(redis, life),
          rules: plan.rules,
          anchor: this.#anchor,
          betsPerCommitMax: BETS_PER_COMMIT_MAX,
        });
      case SESSION_GUARD.name:
        return this.#sessionGuard(life);
      case PRICE_FEED.name:
        return priceFeedActor({
          source: this.feed.source(),
          latestPrice: ports.latestPrice(redis, life),
          settings: { tickMs: plan.rules.tickMs, maxGapMs: plan.rules.maxGapMs },
        });
      case ALARM.name:
        return this.alarms.actor();
      default:
        return this.#broadcaster(id, life);
    }
  }

  #sessionGuard(life: Life) {
    const { origin, chainIds, statement } = SIGN_IN;
    return sessionGuardActor({
      sessions: ports.sessionStore(this.redis, life),
      pool: inlineComputePool((input) => {
        if (this.faults.strikes('pool-full', life.id)) throw new ComputePoolFull('full');
        return recoverAddress(input);
      }),
      settings: { policy: { origins: [origin], chainIds, statement } },
    });
  }

  #broadcaster(id: string, life: Life) {
    const { plan, redis } = this;
    const server = new MemoryServer();
    this.edges.set(id, { server, life });
    // Its sockets end with a thread.
    life.onEnd(() => void server.close());
    const { origin, domain, chainIds, statement } = SIGN_IN;
    return broadcasterActor({
      server,
      gate: ports.sessionGate(redis, life),
      sharedBuckets: { take: async () => undefined },
      gridCache: ports.gridCache(redis, life),
      registry: ports.clientRegistry(redis, life),
      accountEvents: ports.accountEvents(redis, life),
      page: { answer: () => undefined },
      key: SERVICE_KEY,
      settings: {
        host: '127.0.0.1',
        port: 0,
        pageDir: '',
        connectionsMax: plan.connectionsMax,
        origins: [origin],
        betsPerMinute: plan.betsPerMinute,
        limits: NO_LIMITS,
        serviceKeyPath: '',
        signIn: { domain, uri: origin, chainIds, statement },
        rules: plan.rules,
      },
    });
  }

  /** Bets are not acked before their answers are in the books; all else not before its turn succeeded. */
  #acking(actor: string, { id, type, body }: Envelope, life: Life): void {
    const isPlacing = actor === RESOLVER.name && (type === 'PlaceBet' || type === 'PlaceBets');
    const isHandled = isPlacing || this.#handled.get(life)?.has(id) === true;
    this.judge.expect(isHandled, `${actor} acks ${type} ${id} that no turn of it has handled`);
    if (!isPlacing) return;
    const { wallet, bets = [] } = body as PlaceBets['body'];
    const keys = type === 'PlaceBet' ? [(body as PlaceBet['body']).idempotencyKey] : bets.map(keyOf);
    for (const key of keys) {
      const isBooked = this.judge.hasAnswer(wallet, key);
      this.judge.expect(isBooked, `the resolver acks a bet under ${key} without a stored answer`);
    }
  }
}

const keyOf = ({ idempotencyKey }: { readonly idempotencyKey: string }): string => idempotencyKey;

/** Everybody there comes from this machine, which is not limited. */
const NO_LIMITS = {
  ...{ burst: 1, perSecond: 1, connectionsPerAddressMax: 1, upgradesPerSecond: 1, trustedProxies: [] },
  connectionsPerWalletMax: 1_000,
};

/** Counters only matter here as signs that something happened. */
class GoalMetrics extends Metrics {
  readonly #reached: (goal: string) => void;

  constructor(actor: string, reached: (goal: string) => void) {
    super(actor);
    this.#reached = reached;
  }

  override count(name: string, labels: Readonly<Record<string, string>> = {}, by = 1): void {
    if (by > 0) this.#reached(`metric ${[name, ...Object.values(labels)].join(' ')}`);
  }

  override gauge(): void {}

  override observeSeconds(): void {}
}
