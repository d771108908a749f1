/** What all SharedBuckets promise; run on each implementation. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SharedBuckets } from '../../src/actors/broadcaster/front-door/shared-buckets.ts';

/** Slow enough that no test sees a token come back. */
export const BUCKETS = { burst: 50, perSecond: 0.001 };

export interface SharedBucketsHarness {
  readonly buckets: SharedBuckets;
  close(): Promise<void>;
}

export function sharedBucketsContract(name: string, open: () => Promise<SharedBucketsHarness>): void {
  describe(`${name} keeps the SharedBuckets contract`, () => {
    let harness: SharedBucketsHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness.close());

    it('gives what is there, then nothing, and says how long to wait', async () => {
      const { buckets } = harness;
      expect(await buckets.take('a', 20)).toMatchObject({
        granted: true,
        remaining: 30,
        retryAfterSeconds: 0,
      });
      expect(await buckets.take('a', 20)).toMatchObject({ granted: true, remaining: 10 });
      const refused = await buckets.take('a', 20);
      expect(refused).toMatchObject({ granted: false, remaining: 10 });
      expect(refused?.retryAfterSeconds).toBeGreaterThan(9_000);
      expect(await buckets.take('a', 10)).toMatchObject({ granted: true, remaining: 0 });
    });

    it('counts each key by itself', async () => {
      const { buckets } = harness;
      await buckets.take('b', 50);
      expect(await buckets.take('c', 50)).toMatchObject({ granted: true });
    });

    it('gives exactly as much as there is to many who ask at once', async () => {
      const { buckets } = harness;
      const all = await Promise.all(Array.from({ length: 20 }, () => buckets.take('d', 5)));
      expect(all.filter((taken) => taken?.granted)).toHaveLength(10);
    });
  });
}
