/**
 * The only place that makes randomness. Actors get a Random; tests and simulations a seeded one, so that a
 * run repeats exactly. Secrets (tokens, nonces) come from `bytes`, which is cryptographic in the system one.
 */
import { randomBytes, randomFillSync } from 'node:crypto';

const ID_BYTES = 16;
const IDS_PER_POOL = 256;

export interface Random {
  /** `count` random bytes. */
  bytes(count: number): Uint8Array;
  /** Uniform in [0, 1). */
  fraction(): number;
  /** 128 random bits as 32 hex digits. */
  id(): string;
}

export const systemRandom: Random = {
  bytes: (count) => new Uint8Array(randomBytes(count)),
  fraction: () => Math.random(),
  id: pooledIds(),
};

/** A call into the generator costs as much for 16 bytes as for thousands, and every letter has an id. */
function pooledIds(): () => string {
  const pool = Buffer.alloc(ID_BYTES * IDS_PER_POOL);
  let at = pool.length;
  return () => {
    if (at === pool.length) {
      randomFillSync(pool);
      at = 0;
    }
    at += ID_BYTES;
    return pool.toString('hex', at - ID_BYTES, at);
  };
}

/** SplitMix32 (Steele, Lea, Flood 2014): small, fast, good enough for tests; never for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => next() & 0xff);
  return {
    bytes,
    fraction: () => next() / 2 ** 32,
    id: () => Buffer.from(bytes(16)).toString('hex'),
  };
}
