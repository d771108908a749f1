/** What every SessionStore promises; run on each implementation. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionStore } from '../../src/actors/session-guard/session-store.ts';
import {
  NONCE_TTL_SECONDS,
  nonceKey,
  SESSION_TTL_SECONDS,
  sessionKey,
} from '../../src/protocol/redis-keys.ts';
import { decodeSessionRecord } from '../../src/protocol/session-token.ts';
import { randomSession } from '../support/sessions.ts';

export interface SessionStoreHarness {
  readonly store: SessionStore;
  /** The raw value at a key, and its time to live in seconds. */
  read(key: string): Promise<{ readonly value: string | undefined; readonly ttlSeconds: number }>;
  /** Writes what nobody should have written. */
  corrupt(key: string, value: string): Promise<void>;
  /** Makes the key vanish, as its time to live or an eviction does. */
  vanish(key: string): Promise<void>;
  close(): Promise<void>;
}

export function sessionStoreContract(name: string, open: () => Promise<SessionStoreHarness>): void {
  describe(`${name} keeps the SessionStore contract`, () => {
    let harness: SessionStoreHarness;
    let store: SessionStore;
    let nonces = 0;
    const newNonce = (): string => `nonce${String(nonces++).padStart(4, '0')}`;

    beforeAll(async () => {
      harness = await open();
      store = harness.store;
    });
    afterAll(() => harness.close());

    it('gives a nonce to one taker only', async () => {
      const nonce = newNonce();
      await store.putNonce(nonce, NONCE_TTL_SECONDS);
      expect(await store.takeNonce(nonce)).toBe(true);
      expect(await store.takeNonce(nonce)).toBe(false);
    });

    it('gives a nonce to one of many takers at the same time', async () => {
      const nonce = newNonce();
      await store.putNonce(nonce, NONCE_TTL_SECONDS);
      const taken = await Promise.all(Array.from({ length: 20 }, () => store.takeNonce(nonce)));
      expect(taken.filter(Boolean)).toHaveLength(1);
    });

    it('knows neither a nonce it was never given nor one that vanished', async () => {
      expect(await store.takeNonce(newNonce())).toBe(false);
      const nonce = newNonce();
      await store.putNonce(nonce, NONCE_TTL_SECONDS);
      await harness.vanish(nonceKey(nonce));
      expect(await store.takeNonce(nonce)).toBe(false);
    });

    it('keeps a nonce for the time asked, never for longer than five minutes', async () => {
      const [short, long] = [newNonce(), newNonce()];
      await store.putNonce(short, 7);
      await store.putNonce(long, 10 * NONCE_TTL_SECONDS);
      expect((await harness.read(nonceKey(short))).ttlSeconds).toBeLessThanOrEqual(7);
      expect((await harness.read(nonceKey(long))).ttlSeconds).toBeLessThanOrEqual(NONCE_TTL_SECONDS);
    });

    it('stores the record for 24 hours, with the hash of the token and not the token', async () => {
      const { token, record } = randomSession();
      expect(await store.replaceSession(record)).toBe(false);
      const { value, ttlSeconds } = await harness.read(sessionKey(record.wallet));
      expect(decodeSessionRecord(value)).toEqual(record);
      expect(value).not.toContain(token.split('.')[1]);
      expect(ttlSeconds).toBeGreaterThan(SESSION_TTL_SECONDS - 60);
      expect(ttlSeconds).toBeLessThanOrEqual(SESSION_TTL_SECONDS);
    });

    it('replaces the session a wallet had, and says so', async () => {
      const first = randomSession();
      const second = randomSession(first.record.wallet);
      expect(await store.replaceSession(first.record)).toBe(false);
      expect(await store.replaceSession(second.record)).toBe(true);
      const { value } = await harness.read(sessionKey(first.record.wallet));
      expect(decodeSessionRecord(value)).toEqual(second.record);
    });

    it('removes a session for the holder of its token only, once', async () => {
      const old = randomSession();
      const current = randomSession(old.record.wallet);
      await store.replaceSession(old.record);
      await store.replaceSession(current.record);
      const { wallet } = current.record;
      expect(await store.removeSession(wallet, old.record.tokenHash)).toBe(false);
      expect((await harness.read(sessionKey(wallet))).value).toBeDefined();
      expect(await store.removeSession(wallet, current.record.tokenHash)).toBe(true);
      expect((await harness.read(sessionKey(wallet))).value).toBeUndefined();
      expect(await store.removeSession(wallet, current.record.tokenHash)).toBe(false);
    });

    it.each([
      { wallet: null },
      { issuedAtMs: null },
      { issuedAtMs: 1.5 },
      { expiresAtMs: 'soon' },
      { expiresAtMs: 1e300 },
    ])('does not end a session that is not whole: %j', async (change) => {
      const { record } = randomSession();
      await harness.corrupt(sessionKey(record.wallet), JSON.stringify({ ...record, ...change }));
      expect(await store.removeSession(record.wallet, record.tokenHash)).toBe(false);
    });

    it.each(['not json', '[]', '7', 'null', '{"tokenHash":7}'])(
      'does not end a session it cannot read: %s',
      async (text) => {
        const { record } = randomSession();
        await harness.corrupt(sessionKey(record.wallet), text);
        expect(await store.removeSession(record.wallet, record.tokenHash)).toBe(false);
      },
    );
  });
}
