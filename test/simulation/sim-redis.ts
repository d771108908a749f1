/**
 * Redis as the actors meet it: up, slow, away or out of memory, with keys that vanish. The data are the
 * ports' memory implementations, which outlive every actor; what is simulated is the way there and back: an
 * effect may come late, not at all, or with its reply lost.
 */
import { MemoryClientRegistry } from '../../src/actors/broadcaster/memory-client-registry.ts';
import { MemoryGridCache } from '../../src/actors/broadcaster/memory-grid-cache.ts';
import { memoryPriceHistory } from '../../src/actors/history-writer/memory-price-history.ts';
import { memoryLatestPriceStore } from '../../src/actors/price-feed/memory-latest-price-store.ts';
import type { Envelope } from '../../src/protocol/envelope.ts';
import { ExpiringMap } from '../../src/runtime/index.ts';
import { MemoryPostOffice } from '../../src/runtime/mailbox/memory-mailbox.ts';
import { MemoryOutboxStream } from '../../src/runtime/outbox/memory-outbox-stream.ts';
import { DOWN_TTL_MS, type StatusBoard } from '../../src/runtime/supervision/status-board.ts';
import type { Faults } from './faults.ts';
import { Injected, type Life } from './life.ts';
import type { Plan } from './plan.ts';
import type { SimClock } from './sim-clock.ts';
import type { Trace } from './trace.ts';

export type RedisState = 'up' | 'slow' | 'away' | 'nearly-full' | 'out-of-memory';
type Access = 'read' | 'write';

/** Mailboxes twice: they have most keys. */
const EVICTED_KINDS = [
  'session map',
  'grid',
  'registry',
  'history',
  'price',
  'outbox',
  'down',
  'dead letters',
  'mailbox',
  'mailbox',
] as const;

/** A command's time limit; a connection that is refused answers at once. */
const COMMAND_MS_MAX = 1_000;
const SLOW_MS_MAX = 700;
/** So that a reader that was away misses some. */
const OUTBOX_ENTRIES_MAX = 1;
/** Short, so that the history has many. */
const FRAME_TICKS = 16;

export class RedisAway extends Injected {}

export interface SimRedisParts {
  readonly clock: SimClock;
  readonly faults: Faults;
  readonly plan: Plan;
  readonly trace: Trace;
  readonly reached: (goal: string) => void;
}

export class SimRedis {
  state: RedisState = 'up';
  readonly sessions: ExpiringMap;
  readonly gridCache: MemoryGridCache;
  readonly registry: MemoryClientRegistry;
  latestPrice = memoryLatestPriceStore();
  history = memoryPriceHistory({ frameTicks: FRAME_TICKS });
  readonly accountEvents = new MemoryOutboxStream(OUTBOX_ENTRIES_MAX);
  readonly parts: SimRedisParts;
  /** One office per mailbox, so that each can vanish alone. */
  readonly #mailboxes = new Map<string, MemoryPostOffice>();
  readonly #vanished = new Set<string>();
  readonly #poison = new Set<string>();
  readonly #losses = new Map<string, number>();
  /** Actors that are down, and until which monotonic instant that is believed. */
  readonly #downUntilMs = new Map<string, number>();
  readonly statusBoard: StatusBoard = {
    down: async (actor) => this.#tellStatus(actor, this.parts.clock.monotonicMs() + DOWN_TTL_MS),
    up: async (actor) => this.#tellStatus(actor, 0),
  };
  readonly #busyUntilMs = new WeakMap<Life, number>();

  constructor(parts: SimRedisParts) {
    this.parts = parts;
    this.sessions = new ExpiringMap(parts.clock);
    this.gridCache = new MemoryGridCache(parts.clock);
    this.registry = new MemoryClientRegistry(parts.clock);
  }

  /** One command of one connection; commands of a connection keep their order. */
  call<T>(life: Life, access: Access, label: string, work: () => Promise<T>): Promise<T> {
    return life.guard(this.#call(life, access, label, work));
  }

  mailbox(name: string): MemoryPostOffice {
    let mailbox = this.#mailboxes.get(name);
    if (!mailbox) {
      mailbox = new MemoryPostOffice(this.parts.clock, this.parts.plan.lettersMax);
      this.#mailboxes.set(name, mailbox);
    }
    if (this.#vanished.delete(name)) this.parts.reached('mailbox recreated');
    return mailbox;
  }

  /** Each mailbox that was ever used, by its actor. */
  mailboxes(): ReadonlyMap<string, MemoryPostOffice> {
    return this.#mailboxes;
  }

  /** What INFO memory says of how full it is. */
  async info(): Promise<string> {
    if (this.state === 'away') throw new RedisAway('injected: Redis is away');
    const isShort = this.state === 'nearly-full' || this.state === 'out-of-memory';
    return `maxmemory:100\nused_memory:${isShort ? 95 : 40}\nmem_not_counted_for_evict:0`;
  }

  isDown(actor: string): boolean {
    return (this.#downUntilMs.get(actor) ?? 0) > this.parts.clock.monotonicMs();
  }

  /** How often letters of this actor were lost: what it was sent before may not come. */
  lossesOf(actor: string): number {
    return this.#losses.get(actor) ?? 0;
  }

  noteLoss(actor: string): void {
    this.#losses.set(actor, this.lossesOf(actor) + 1);
  }

  flushAll(): void {
    this.sessions.clear();
    this.gridCache.clear();
    this.registry.clear();
    this.history = memoryPriceHistory({ frameTicks: FRAME_TICKS });
    this.latestPrice = memoryLatestPriceStore();
    this.#downUntilMs.clear();
    this.accountEvents.vanish();
    for (const [name, { deadLetters }] of this.#mailboxes) {
      this.#evictMailbox(name);
      deadLetters.length = 0;
    }
  }

  /** One key goes, whichever; returns what it was. */
  evict(): string {
    const { dice } = this.parts.faults;
    const kind = dice.pick(EVICTED_KINDS);
    const name = dice.pick([...this.#mailboxes.keys()]);
    switch (kind) {
      case 'session map': {
        const keys = this.sessions.keys();
        const key = keys.length === 0 ? 'none' : dice.pick(keys);
        this.sessions.delete(key);
        return key.split(':')[0] ?? key;
      }
      case 'grid':
        this.gridCache.clear();
        break;
      case 'registry':
        this.registry.clear();
        break;
      case 'history':
        this.history = memoryPriceHistory({ frameTicks: FRAME_TICKS });
        break;
      case 'price':
        this.latestPrice = memoryLatestPriceStore();
        break;
      case 'outbox':
        this.accountEvents.vanish();
        break;
      case 'down':
        this.#downUntilMs.delete(name);
        return `that ${name} is down`;
      case 'dead letters':
        this.mailbox(name).deadLetters.length = 0;
        this.noteLoss(name);
        return `dead letters of ${name}`;
      case 'mailbox':
        this.#evictMailbox(name);
        return `mailbox of ${name}`;
      default:
        kind satisfies never;
    }
    return kind;
  }

  /** A letter that ends whoever handles it, every time, as long as faults are on. */
  isPoison({ id, type }: Pick<Envelope, 'id' | 'type'>, actor: string): boolean {
    if (!this.parts.faults.isOn) return false;
    if (this.parts.faults.strikes('poison-letter', `${type} of ${actor}`)) this.#poison.add(id);
    return this.#poison.has(id);
  }

  /** Whatever was wrong with it was mended. */
  cure({ id }: Envelope): void {
    this.#poison.delete(id);
  }

  /** Resolves once commands have effects again. */
  async whenUp(life: Life): Promise<void> {
    while (this.state === 'away' && life.isAlive) await life.guard(this.parts.clock.delay(50));
  }

  #tellStatus(actor: string, untilMs: number): void {
    if (this.state !== 'away' && this.state !== 'out-of-memory') this.#downUntilMs.set(actor, untilMs);
  }

  #evictMailbox(name: string): void {
    this.#mailboxes.get(name)?.evict(name);
    this.#vanished.add(name);
    this.noteLoss(name);
  }

  async #call<T>(life: Life, access: Access, label: string, work: () => Promise<T>): Promise<T> {
    const { clock, faults } = this.parts;
    faults.crossing(life, label);
    await life.awake(clock);
    await this.#travel(life);
    if (!life.isAlive) return new Promise(() => {});
    if (this.state === 'away') {
      if (faults.dice.chance(0.2)) await clock.delay(COMMAND_MS_MAX);
      throw new RedisAway('injected: Redis is away');
    }
    if (this.state === 'out-of-memory' && access === 'write') throw new RedisAway('injected: Redis is full');
    const result = await work();
    faults.crossing(life, `${label} done`);
    if (faults.strikes('redis-reply-lost', label)) {
      await clock.delay(COMMAND_MS_MAX);
      throw new RedisAway('injected: the reply was lost');
    }
    return result;
  }

  async #travel(life: Life): Promise<void> {
    const { clock, faults, plan } = this.parts;
    const usualMs = faults.isOn ? faults.dice.fraction() * plan.latencyMsMax : 0;
    const takesMs = this.state === 'slow' ? faults.dice.fraction() * SLOW_MS_MAX : usualMs;
    const nowMs = clock.monotonicMs();
    const dueMs = Math.max(nowMs + takesMs, this.#busyUntilMs.get(life) ?? 0);
    if (dueMs <= nowMs) return;
    this.#busyUntilMs.set(life, dueMs);
    await clock.delay(dueMs - nowMs);
  }
}
