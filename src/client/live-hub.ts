/** All loops over one kind of live values: each has a queue of its own, each value goes to all of them. */
import { LiveQueue } from './live-queue.ts';

export interface LiveOptions {
  /** Ends the loop with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Values kept for a loop that is behind. */
  readonly queueMax?: number;
}

export interface LiveHubOptions<T> {
  readonly queueMax: number;
  /** See LiveQueueOptions. */
  readonly skip?: (older: T, newer: T) => T;
  /** Before the first loop, and after the last one. */
  readonly started: () => void;
  readonly stopped?: () => void;
}

export class LiveHub<T> {
  readonly #options: LiveHubOptions<T>;
  readonly #queues = new Set<LiveQueue<T>>();

  constructor(options: LiveHubOptions<T>) {
    this.#options = options;
  }

  /** Values published from now on, after those of `first`. */
  open({ signal, queueMax }: LiveOptions, first: Iterable<T> = []): AsyncIterableIterator<T, undefined> {
    const { skip } = this.#options;
    const max = Math.max(1, queueMax ?? this.#options.queueMax);
    const queue = new LiveQueue<T>({ max, signal, ...(skip && { skip }), onEnd: () => this.#left() });
    if (queue.isOver) return queue;
    this.#queues.add(queue);
    for (const value of first) queue.push(value);
    if (this.#queues.size === 1) this.#options.started();
    return queue;
  }

  publish(value: T): void {
    for (const queue of this.#queues) queue.push(value);
  }

  fail(error: unknown): void {
    for (const queue of [...this.#queues]) queue.fail(error);
  }

  end(): void {
    for (const queue of [...this.#queues]) queue.end();
  }

  #left(): void {
    for (const queue of this.#queues) if (queue.isOver) this.#queues.delete(queue);
    if (this.#queues.size === 0) this.#options.stopped?.();
  }
}
