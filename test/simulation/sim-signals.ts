/** Pub/sub: at most once. Signals may be lost, late, doubled or out of order, for each subscriber alone. */
import { decode, encode } from '../../src/protocol/codec.ts';
import type { SignalBus } from '../../src/runtime/signals/signal-bus.ts';
import type { Life } from './life.ts';
import type { SimRedis } from './sim-redis.ts';

interface Subscriber {
  readonly life: Life;
  readonly handler: (signal: unknown) => void;
}

const DELAY_MS_MAX = 800;

export class SignalHub {
  readonly #redis: SimRedis;
  readonly #subscribers = new Map<string, Set<Subscriber>>();

  constructor(redis: SimRedis) {
    this.#redis = redis;
  }

  bus(life: Life): SignalBus {
    return {
      publish: (channel, signal) => {
        if (life.isAlive && this.#redis.state !== 'away') this.#publish(channel, encode(signal));
      },
      subscribe: (channel, handler) =>
        this.#redis.call(life, 'read', 'subscribe', async () => this.#subscribe(channel, { life, handler })),
      close: async () => {},
    };
  }

  #subscribe(channel: string, subscriber: Subscriber): void {
    const subscribers = this.#subscribers.get(channel) ?? new Set();
    this.#subscribers.set(channel, subscribers.add(subscriber));
    subscriber.life.onEnd(() => subscribers.delete(subscriber));
  }

  #publish(channel: string, bytes: Uint8Array): void {
    const { faults, clock } = this.#redis.parts;
    for (const { life, handler } of this.#subscribers.get(channel) ?? []) {
      const what = `${channel} to ${life.id}`;
      if (faults.strikes('signal-lost', what)) continue;
      const copies = faults.strikes('signal-duplicated', what) ? 2 : 1;
      for (let copy = 0; copy < copies; copy += 1) {
        const delayMs = faults.strikes('signal-delayed', what) ? faults.dice.int(1, DELAY_MS_MAX) : 0;
        clock.after(delayMs, () => {
          if (life.isAlive) handler(decode(bytes));
        });
      }
    }
  }
}
