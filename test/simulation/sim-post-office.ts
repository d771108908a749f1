/**
 * Mailboxes on the simulated Redis. A letter that was posted may be lost (a failover forgot it), come twice
 * or late, and so out of order; the reply to a read may be lost, and its letters come again.
 *
 * Checks on the way: a letter is acked only after a turn that had it succeeded.
 */
import type { Envelope } from '../../src/protocol/envelope.ts';
import type { SendResult } from '../../src/runtime/index.ts';
import type { Delivery, Mailbox, PostOffice } from '../../src/runtime/mailbox/mailbox.ts';
import type { MemoryGuard } from '../../src/runtime/redis/memory-guard.ts';
import type { Life } from './life.ts';
import { RedisAway, type SimRedis } from './sim-redis.ts';

const DELAY_MS_MAX = 1_500;
const RETRY_MS = 50;

/** What the world wants to know of letters. */
export interface LetterWatch {
  /** The letter is about to be acked by its actor. */
  readonly acking: (actor: string, envelope: Envelope) => void;
  readonly reached: (goal: string) => void;
}

/** Of a real MemoryGuard. */
export type MemoryWatch = Pick<MemoryGuard, 'isRefusing'>;

export class SimPostOffice implements PostOffice {
  readonly #redis: SimRedis;
  readonly #life: Life;
  readonly #watch: LetterWatch;
  readonly #memory: MemoryWatch;

  constructor(redis: SimRedis, life: Life, watch: LetterWatch, memory: MemoryWatch) {
    this.#redis = redis;
    this.#life = life;
    this.#watch = watch;
    this.#memory = memory;
  }

  async postAsk(to: string, envelope: Envelope) {
    if (this.#memory.isRefusing && !envelope.control) {
      this.#watch.reached('refused by the memory guard');
      return 'full' as const;
    }
    if (!this.#redis.isDown(to)) return this.post(to, envelope);
    this.#watch.reached('restarting answered at once');
    return 'restarting' as const;
  }

  async post(to: string, envelope: Envelope) {
    const { faults, trace } = this.#redis.parts;
    const what = `${envelope.type} to ${to}`;
    try {
      return await this.#redis.call(this.#life, 'write', 'post', async () => {
        trace.line(`post ${what} from ${envelope.from} ${envelope.id.slice(0, 6)}`);
        if (faults.strikes('letter-lost', what)) return 'posted' as const;
        if (faults.strikes('letter-duplicated', what)) this.#later(() => this.#office(to).post(to, envelope));
        if (!faults.strikes('letter-delayed', what)) return this.#office(to).post(to, envelope);
        this.#later(() => this.#office(to).post(to, envelope));
        return 'posted' as const;
      });
    } catch (error) {
      if (error instanceof RedisAway) return 'unavailable' as const;
      throw error;
    }
  }

  async postLater(to: string, envelope: Envelope, dueInMs: number) {
    const { faults, trace } = this.#redis.parts;
    const what = `${envelope.type} to ${to}`;
    try {
      return await this.#redis.call(this.#life, 'write', 'postLater', async () => {
        trace.line(`post ${what} in ${dueInMs} ms from ${envelope.from} ${envelope.id.slice(0, 6)}`);
        if (faults.strikes('letter-lost', what)) {
          this.#redis.noteLoss(to);
          return 'posted' as const;
        }
        const held = (): Promise<SendResult> => this.#office(to).postLater(to, envelope, dueInMs);
        if (faults.strikes('letter-duplicated', what)) await held();
        return held();
      });
    } catch (error) {
      if (error instanceof RedisAway) return 'unavailable' as const;
      throw error;
    }
  }

  async cancelLater(to: string, id: string): Promise<boolean> {
    try {
      const cancelled = (): Promise<boolean> => this.#office(to).cancelLater(to, id);
      return await this.#redis.call(this.#life, 'write', 'cancelLater', cancelled);
    } catch (error) {
      if (error instanceof RedisAway) return false;
      throw error;
    }
  }

  async postReply(to: string, envelope: Envelope): Promise<void> {
    const { faults } = this.#redis.parts;
    const what = `reply to ${to}`;
    try {
      await this.#redis.call(this.#life, 'write', 'reply', async () => {
        if (faults.strikes('reply-lost', what)) return;
        if (faults.strikes('reply-duplicated', what))
          this.#later(() => this.#office(to).postReply(to, envelope));
        if (faults.strikes('reply-delayed', what))
          this.#later(() => this.#office(to).postReply(to, envelope));
        else await this.#office(to).postReply(to, envelope);
      });
    } catch (error) {
      if (!(error instanceof RedisAway)) throw error;
    }
  }

  open(name: string): Promise<Mailbox> {
    return this.#redis.call(this.#life, 'write', 'mailbox.open', async () => {
      const inner = await this.#office(name).open(name);
      return new SimMailbox(name, inner, this.#redis, this.#life, this.#watch);
    });
  }

  #office(name: string) {
    return this.#redis.mailbox(name);
  }

  #later(work: () => Promise<unknown>): void {
    const { clock, faults } = this.#redis.parts;
    clock.after(faults.dice.int(1, DELAY_MS_MAX), () => void work());
  }
}

class SimMailbox implements Mailbox {
  readonly #name: string;
  readonly #redis: SimRedis;
  readonly #life: Life;
  readonly #watch: LetterWatch;
  /** Taken and not acked: skipped when they are read again. */
  readonly #outstanding = new Map<string, Envelope>();
  #inner: Mailbox;
  #isClosed = false;

  constructor(name: string, inner: Mailbox, redis: SimRedis, life: Life, watch: LetterWatch) {
    this.#name = name;
    this.#inner = inner;
    this.#redis = redis;
    this.#life = life;
    this.#watch = watch;
  }

  async take(countMax: number): Promise<readonly Delivery[]> {
    const { faults } = this.#redis.parts;
    while (!this.#isClosed) {
      await this.#redis.whenUp(this.#life);
      const taken = await this.#life.guard(this.#inner.take(countMax));
      const deliveries = taken.filter(({ deliveryId }) => !this.#outstanding.has(deliveryId));
      faults.crossing(this.#life, 'mailbox.take');
      if (faults.strikes('redis-reply-lost', `letters of ${this.#name}`)) await this.#reopen();
      else if (deliveries.length > 0) return this.#deliver(deliveries);
    }
    return [];
  }

  async ack(deliveryIds: readonly string[]): Promise<void> {
    for (const deliveryId of deliveryIds) {
      const envelope = this.#outstanding.get(deliveryId);
      if (envelope) this.#watch.acking(this.#name, envelope);
    }
    const acked = (): Promise<void> => this.#inner.ack(deliveryIds);
    while (!this.#isClosed) {
      try {
        await this.#redis.call(this.#life, 'read', 'mailbox.ack', acked);
        for (const deliveryId of deliveryIds) this.#outstanding.delete(deliveryId);
        return;
      } catch (error) {
        if (!(error instanceof RedisAway)) throw error;
        await this.#life.guard(this.#redis.parts.clock.delay(RETRY_MS));
      }
    }
  }

  bury(...args: Parameters<Mailbox['bury']>): Promise<void> {
    this.#watch.reached('dead letter');
    return this.#redis.call(this.#life, 'write', 'mailbox.bury', () => this.#inner.bury(...args));
  }

  forgive(deliveryIds: readonly string[]): Promise<void> {
    return this.#redis.call(this.#life, 'write', 'mailbox.forgive', () => this.#inner.forgive(deliveryIds));
  }

  async takeReplies(): Promise<readonly Envelope[]> {
    while (!this.#isClosed) {
      await this.#redis.whenUp(this.#life);
      const replies = await this.#life.guard(this.#inner.takeReplies());
      if (replies.length > 0) return replies;
    }
    return [];
  }

  depth(): Promise<number> {
    return this.#redis.call(this.#life, 'read', 'mailbox.depth', () => this.#inner.depth());
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return this.#inner.close();
  }

  #deliver(deliveries: readonly Delivery[]): readonly Delivery[] {
    const { trace } = this.#redis.parts;
    for (const { deliveryId, envelope, attempt } of deliveries) {
      this.#outstanding.set(deliveryId, envelope);
      trace.line(`take ${envelope.type} by ${this.#name} ${envelope.id.slice(0, 6)} #${attempt}`);
      if (attempt > 1) this.#watch.reached('redelivery');
    }
    return deliveries;
  }

  /** Everything taken and not acked is read again, as after a lost reply. */
  async #reopen(): Promise<void> {
    const stale = this.#inner;
    this.#inner = await this.#redis.mailbox(this.#name).open(this.#name);
    await stale.close();
  }
}
