/**
 * What one `for await` loop has not taken yet. A loop that falls behind either skips what newer values
 * replace, or, where nothing may be skipped, ends with QUEUE_OVERFLOW once it has taken all that was kept.
 *
 * Invariants: values come out in the order they went in; the queue never holds more than `max`; `onEnd` is
 * called once, whoever ends it. Non-goals: holding back the sender, which a WebSocket cannot.
 */
import { clientError } from './touchline-error.ts';

export interface LiveQueueOptions<T> {
  readonly max: number;
  readonly signal?: AbortSignal | undefined;
  /** Of two values next to each other, what remains when the older one is skipped. Absent: none may be. */
  readonly skip?: (older: T, newer: T) => T;
  readonly onEnd?: () => void;
}

interface Waiter<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

const DONE = { value: undefined, done: true } as const;

export class LiveQueue<T> implements AsyncIterableIterator<T, undefined> {
  readonly #options: LiveQueueOptions<T>;
  readonly #onAbort = (): void => this.#abort();
  #values: T[] = [];
  #waiting: Waiter<T>[] = [];
  #failure: { readonly error: unknown } | undefined;
  #isOver = false;

  constructor(options: LiveQueueOptions<T>) {
    this.#options = options;
    const { signal } = options;
    if (signal?.aborted) this.#abort();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** No value goes in any more; what is there may still come out. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Does nothing once it is over. */
  push(value: T): void {
    if (this.#isOver) return;
    const waiter = this.#waiting.shift();
    if (waiter) {
      waiter.resolve({ value, done: false });
      return;
    }
    this.#values.push(value);
    if (this.#values.length > this.#options.max) this.#makeRoom();
  }

  /** What was kept is still handed out, then the error. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#over();
    const waiter = this.#waiting.shift();
    if (waiter) waiter.reject(error);
    else this.#failure = { error };
    this.#releaseWaiting();
  }

  /** What was kept is still handed out, then the loop ends. */
  end(): void {
    if (this.#isOver) return;
    this.#over();
    this.#releaseWaiting();
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const [value] = this.#values;
    if (this.#values.length > 0) {
      this.#values.shift();
      return Promise.resolve({ value: value as T, done: false });
    }
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) return Promise.reject(failure.error);
    if (this.#isOver) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** The loop was left. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.#values = [];
    this.#failure = undefined;
    this.end();
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #makeRoom(): void {
    const { skip, max } = this.#options;
    if (skip) {
      const [oldest, next, ...rest] = this.#values as [T, T, ...T[]];
      this.#values = [skip(oldest, next), ...rest];
      return;
    }
    this.#values.pop();
    this.fail(clientError('QUEUE_OVERFLOW', { max }));
  }

  #abort(): void {
    if (this.#isOver) return;
    this.#values = [];
    this.fail(this.#options.signal?.reason);
  }

  #over(): void {
    this.#isOver = true;
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#options.onEnd?.();
  }

  #releaseWaiting(): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve(DONE);
  }
}
