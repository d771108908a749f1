/** Shared buckets of one process: for tests and the simulator. */
import type { SharedBuckets } from './shared-buckets.ts';
import { type Taken, TokenBuckets } from './token-buckets.ts';

export class MemorySharedBuckets implements SharedBuckets {
  readonly #buckets: TokenBuckets;

  constructor(...options: ConstructorParameters<typeof TokenBuckets>) {
    this.#buckets = new TokenBuckets(...options);
  }

  async take(key: string, cost: number): Promise<Taken> {
    return this.#buckets.take(key, cost);
  }
}
