/** Grids in this process: for tests and the simulator. */
import type { RelativeGrid } from '../../domain/grid.ts';
import { decode, encode } from '../../protocol/codec.ts';
import { GRID_CACHE_TTL_SECONDS } from '../../protocol/redis-keys.ts';
import type { Clock } from '../../runtime/index.ts';
import { type GridCache, isRelativeGrid } from './grid-cache.ts';

export class MemoryGridCache implements GridCache {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #entries = new Map<string, { readonly bytes: Uint8Array; readonly expiresAtMs: number }>();

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#entries.size;
  }

  async get(params: string): Promise<RelativeGrid | undefined> {
    const entry = this.#entries.get(params);
    if (!entry || entry.expiresAtMs <= this.#clock.nowMs()) return undefined;
    const value = decode(entry.bytes);
    return isRelativeGrid(value) ? value : undefined;
  }

  async put(params: string, grid: RelativeGrid): Promise<void> {
    const expiresAtMs = this.#clock.nowMs() + GRID_CACHE_TTL_SECONDS * 1_000;
    this.#entries.set(params, { bytes: encode(grid), expiresAtMs });
  }

  /** Forgets everything, as FLUSHALL does. */
  clear(): void {
    this.#entries.clear();
  }
}
