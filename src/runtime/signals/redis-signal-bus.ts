/** Signals over Redis pub/sub. The subscriber connection resubscribes by itself; what it missed is gone. */
import { decode, encode } from '../../protocol/codec.ts';
import type { Metrics } from '../metrics.ts';
import type { RedisConnection } from '../redis/redis-connections.ts';
import type { SignalBus } from './signal-bus.ts';

export interface RedisSignalBusOptions {
  readonly redis: RedisConnection;
  readonly subscriber: RedisConnection;
  readonly metrics: Metrics;
}

interface Subscription {
  readonly handlers: ((signal: unknown) => void)[];
  readonly inPlace: Promise<unknown>;
}

export class RedisSignalBus implements SignalBus {
  readonly #options: RedisSignalBusOptions;
  readonly #subscriptions = new Map<string, Subscription>();

  constructor(options: RedisSignalBusOptions) {
    this.#options = options;
    options.subscriber.on('messageBuffer', (channel: Buffer, bytes: Buffer) =>
      this.#deliver(channel.toString(), bytes),
    );
  }

  publish(channel: string, signal: unknown): void {
    this.#options.redis
      .publish(channel, Buffer.from(encode(signal)))
      .catch(() => this.#options.metrics.count('signals_lost_total', { channel }));
  }

  async subscribe(channel: string, handler: (signal: unknown) => void): Promise<void> {
    const known = this.#subscriptions.get(channel);
    if (known) known.handlers.push(handler);
    const inPlace = known?.inPlace ?? this.#options.subscriber.subscribe(channel);
    if (!known) this.#subscriptions.set(channel, { handlers: [handler], inPlace });
    await inPlace;
  }

  async close(): Promise<void> {
    this.#subscriptions.clear();
    this.#options.subscriber.disconnect();
  }

  #deliver(channel: string, bytes: Buffer): void {
    let signal: unknown;
    try {
      signal = decode(bytes);
    } catch {
      this.#options.metrics.count('signals_unreadable_total', { channel });
      return;
    }
    for (const handler of this.#subscriptions.get(channel)?.handlers ?? []) handler(signal);
  }
}
