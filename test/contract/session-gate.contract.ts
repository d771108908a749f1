/** What every SessionGate promises; run on each implementation. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionGate } from '../../src/actors/broadcaster/sessions/session-gate.ts';
import { refused } from '../../src/protocol/errors.ts';
import {
  RATE_LIMIT_TTL_SECONDS,
  rateLimitKey,
  SESSION_IDLE_SECONDS,
  sessionKey,
} from '../../src/protocol/redis-keys.ts';
import { encodeSessionRecord, sessionToken } from '../../src/protocol/session-token.ts';
import { randomSession, randomWallet } from '../support/sessions.ts';

export const BETS_PER_MINUTE = 3;

export interface SessionGateHarness {
  /** Allows BETS_PER_MINUTE. */
  readonly gate: SessionGate;
  write(key: string, value: string): Promise<void>;
  read(key: string): Promise<string | undefined>;
  /** Makes the key vanish, as its time to live or an eviction does. */
  vanish(key: string): Promise<void>;
  /** As if nobody had read the key for so long. */
  leaveIdle(key: string, seconds: number): Promise<void>;
  close(): Promise<void>;
}

export function sessionGateContract(name: string, open: () => Promise<SessionGateHarness>): void {
  describe(`${name} keeps the SessionGate contract`, () => {
    let harness: SessionGateHarness;
    let gate: SessionGate;

    beforeAll(async () => {
      harness = await open();
      gate = harness.gate;
    });
    afterAll(() => harness.close());

    async function signedIn() {
      const session = randomSession();
      await harness.write(sessionKey(session.record.wallet), encodeSessionRecord(session.record));
      return session;
    }

    it('knows the holder of a token', async () => {
      const { token, record } = await signedIn();
      const { wallet, expiresAtMs } = record;
      expect(await gate.check(token)).toEqual({ ok: true, value: { wallet, expiresAtMs } });
      expect(await harness.read(rateLimitKey(wallet))).toBeUndefined();
    });

    it('counts bets of a wallet and refuses the one too many without counting it', async () => {
      const { token, record } = await signedIn();
      const { wallet, expiresAtMs } = record;
      for (const betsLeft of [2, 1, 0]) {
        expect(await gate.checkBet(token)).toEqual({ ok: true, value: { wallet, expiresAtMs, betsLeft } });
      }
      for (let again = 0; again < 2; again++) {
        const outcome = await gate.checkBet(token);
        expect(outcome).toMatchObject({ ok: false, error: { code: 'RATE_LIMITED', retryable: true } });
        const retryAfterSeconds = Number(!outcome.ok && outcome.error.details?.['retryAfterSeconds']);
        expect(retryAfterSeconds).toBeGreaterThan(0);
        expect(retryAfterSeconds).toBeLessThanOrEqual(RATE_LIMIT_TTL_SECONDS);
      }
      expect(await harness.read(rateLimitKey(wallet))).toBe(String(BETS_PER_MINUTE));
      expect((await gate.check(token)).ok).toBe(true);
    });

    it('counts several bets at once, the first the minute has room for, and says when it ends', async () => {
      const { token, record } = await signedIn();
      const { wallet, expiresAtMs } = record;
      const windowLeftSeconds = RATE_LIMIT_TTL_SECONDS;
      const info = { wallet, expiresAtMs, windowLeftSeconds };
      const two = await gate.checkBets(token, 2);
      expect(two).toEqual({ ok: true, value: { ...info, betsLeft: 1, granted: 2 } });
      const more = await gate.checkBets(token, 5);
      expect(more).toMatchObject({ ok: true, value: { betsLeft: 0, granted: 1 } });
      expect(await gate.checkBets(token, 1)).toMatchObject({ error: { code: 'RATE_LIMITED' } });
      expect(await harness.read(rateLimitKey(wallet))).toBe(String(BETS_PER_MINUTE));
      await harness.vanish(rateLimitKey(wallet));
      const all = await gate.checkBets(token, 20);
      expect(all).toMatchObject({ ok: true, value: { betsLeft: 0, granted: BETS_PER_MINUTE } });
    });

    it('lets exactly the limit through when all come at once', async () => {
      const { token } = await signedIn();
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => gate.checkBet(token)));
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(BETS_PER_MINUTE);
    });

    it('counts each wallet by itself, and afresh in the next window', async () => {
      const [one, other] = [await signedIn(), await signedIn()];
      for (let bet = 0; bet < BETS_PER_MINUTE; bet++) await gate.checkBet(one.token);
      expect(await gate.checkBet(other.token)).toMatchObject({ ok: true, value: { betsLeft: 2 } });
      await harness.vanish(rateLimitKey(one.record.wallet));
      expect(await gate.checkBet(one.token)).toMatchObject({ ok: true, value: { betsLeft: 2 } });
    });

    it('refuses another token of the same wallet, and counts nothing for it', async () => {
      const { record } = await signedIn();
      const forged = sessionToken(record.wallet, new Uint8Array(32));
      expect(await gate.check(forged)).toEqual(refused('UNAUTHENTICATED'));
      expect(await gate.checkBet(forged)).toEqual(refused('UNAUTHENTICATED'));
      expect(await harness.read(rateLimitKey(record.wallet))).toBeUndefined();
    });

    it('ends a session that nobody used for an hour, whatever is left of its day', async () => {
      const { token, record } = await signedIn();
      const key = sessionKey(record.wallet);
      await harness.leaveIdle(key, SESSION_IDLE_SECONDS - 10);
      expect((await gate.check(token)).ok).toBe(true);
      await harness.leaveIdle(key, SESSION_IDLE_SECONDS - 10);
      expect((await gate.checkBet(token)).ok).toBe(true);
      await harness.leaveIdle(key, SESSION_IDLE_SECONDS);
      expect(await gate.check(token)).toEqual(refused('UNAUTHENTICATED'));
      expect(await harness.read(key)).toBeUndefined();
    });

    it('refuses when the session vanished', async () => {
      const { token, record } = await signedIn();
      await harness.vanish(sessionKey(record.wallet));
      expect(await gate.check(token)).toEqual(refused('UNAUTHENTICATED'));
      expect(await gate.checkBet(token)).toEqual(refused('UNAUTHENTICATED'));
    });

    const good = randomSession().token;
    it.each([
      ['nothing', undefined],
      ['an empty string', ''],
      ['an object', { token: good }],
      ['an array', [good]],
      ['no secret', good.slice(0, 43)],
      ['a short secret', good.slice(0, -1)],
      ['a long secret', `${good}A`],
      ['an upper-case wallet', good.replace('0x', '0X')],
      ['a trailing newline', `${good}\n`],
      ['a character outside base64url', `${good.slice(0, -1)}+`],
      ['a megabyte', 'x'.repeat(1_000_000)],
    ])('refuses a malformed token: %s', async (_name, token) => {
      expect(await gate.check(token)).toEqual(refused('UNAUTHENTICATED'));
      expect(await gate.checkBet(token)).toEqual(refused('UNAUTHENTICATED'));
    });

    it.each([
      { wallet: null },
      { issuedAtMs: null },
      { issuedAtMs: 1.5 },
      { expiresAtMs: 'soon' },
      { expiresAtMs: 1e300 },
    ])('refuses on a session that is not whole: %j', async (change) => {
      const { token, record } = randomSession();
      await harness.write(sessionKey(record.wallet), JSON.stringify({ ...record, ...change }));
      expect(await gate.check(token)).toEqual(refused('UNAUTHENTICATED'));
      expect(await gate.checkBet(token)).toEqual(refused('UNAUTHENTICATED'));
    });

    it.each(['not json', '[]', '7', 'null', '"text"', '{"tokenHash":7}'])(
      'refuses on an unreadable session: %s',
      async (text) => {
        const wallet = randomWallet();
        await harness.write(sessionKey(wallet), text);
        expect(await gate.checkBet(randomSession(wallet).token)).toEqual(refused('UNAUTHENTICATED'));
      },
    );
  });
}
