/**
 * Sign-in nonces, sessions and bet limits: the store that writes them and the gate that reads them, over one
 * map in memory and over one Redis, while time passes, keys vanish and somebody writes what nobody should.
 */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { it } from 'vitest';
import { MemorySessionGate } from '../../../src/actors/broadcaster/sessions/memory-session-gate.ts';
import { RedisSessionGate } from '../../../src/actors/broadcaster/sessions/redis-session-gate.ts';
import { MemorySessionStore } from '../../../src/actors/session-guard/memory-session-store.ts';
import { RedisSessionStore } from '../../../src/actors/session-guard/redis-session-store.ts';
import { nonceKey, rateLimitKey, sessionKey } from '../../../src/protocol/redis-keys.ts';
import { encodeSessionRecord, sessionToken, tokenHash } from '../../../src/protocol/session-token.ts';
import { ExpiringMap, ManualClock, type RedisConnection } from '../../../src/runtime/index.ts';
import { useRedis } from '../../support/use-redis.ts';
import { bothAnswer, expectSameAnswers, passTime } from './same-answers.ts';

const RUNS = 60;
const START_MS = 1_700_000_000_000;
const CORRUPT_TTL_SECONDS = 3_600;
const options = { betsPerMinute: 5 };

/** Two wallets with two tokens each. */
const sessions = [1, 2].flatMap((n) => {
  const wallet = `0x${String(n).repeat(40)}`;
  return [1, 2].map((secret) => {
    const token = sessionToken(wallet, createHash('sha256').update(`${n} ${secret}`).digest());
    const hash = tokenHash(token);
    return { token, record: { tokenHash: hash, wallet, issuedAtMs: START_MS, expiresAtMs: START_MS + 1 } };
  });
});
const session = fc.constantFrom(...sessions);
const nonce = fc.constantFrom('n1', 'n2');
const key = fc.oneof(
  session.map(({ record }) => sessionKey(record.wallet)),
  session.map(({ record }) => rateLimitKey(record.wallet)),
  nonce.map(nonceKey),
);

/** A record with a field gone or wrong, or no record at all. */
const broken = fc
  .tuple(session, fc.constantFrom('tokenHash', 'wallet', 'issuedAtMs', 'expiresAtMs'))
  .chain(([{ record }, field]) =>
    fc.oneof(
      fc
        .constantFrom(undefined, null, 7, -1, 1.5, 1e300, '', 'text', [], {}, true)
        .map((value) => ({ record, text: JSON.stringify({ ...record, [field]: value }) })),
      fc
        .constantFrom(
          '',
          'not json',
          '[]',
          '7',
          'null',
          '"text"',
          'true',
          '{',
          `${encodeSessionRecord(record)} `,
        )
        .map((text) => ({ record, text })),
    ),
  );

const does = <D extends string>(what: D) => fc.constant(what);
const operation = fc.oneof(
  fc.record({ do: does('putNonce'), nonce, ttlSeconds: fc.constantFrom(1, 60, 300, 900) }),
  fc.record({ do: does('takeNonce'), nonce }),
  fc.record({ do: does('replaceSession'), session }),
  fc.record({ do: does('removeSession'), session }),
  fc.record({ do: does('check'), session }),
  { weight: 3, arbitrary: fc.record({ do: does('checkBet'), session }) },
  fc.record({ do: does('checkBets'), session, bets: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: does('corrupt'), broken }),
  fc.record({ do: does('passTime'), seconds: fc.constantFrom(1, 20, 59, 60, 299, 300, 86_399, 86_400) }),
  fc.record({ do: does('vanish'), key }),
  fc.record({ do: does('flushAll') }),
);
type Operation = typeof operation extends fc.Arbitrary<infer O> ? O : never;

class SessionPair {
  readonly #redis: RedisConnection;
  readonly #clock = new ManualClock(START_MS);
  readonly #map = new ExpiringMap(this.#clock);
  readonly #stores;
  readonly #gates;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
    this.#stores = [new MemorySessionStore(this.#map), new RedisSessionStore(redis)] as const;
    this.#gates = [new MemorySessionGate(this.#map, options), new RedisSessionGate(redis, options)] as const;
  }

  async perform(step: Operation): Promise<unknown> {
    const [twin, real] = this.#stores;
    const [twinGate, realGate] = this.#gates;
    switch (step.do) {
      case 'putNonce':
        return bothAnswer(twin, real, (store) => store.putNonce(step.nonce, step.ttlSeconds));
      case 'takeNonce':
        return bothAnswer(twin, real, (store) => store.takeNonce(step.nonce));
      case 'replaceSession':
        return bothAnswer(twin, real, (store) => store.replaceSession(step.session.record));
      case 'removeSession': {
        const { wallet, tokenHash: hash } = step.session.record;
        return bothAnswer(twin, real, (store) => store.removeSession(wallet, hash));
      }
      case 'check':
        return bothAnswer(twinGate, realGate, (gate) => gate.check(step.session.token));
      case 'checkBet':
        return bothAnswer(twinGate, realGate, (gate) => gate.checkBet(step.session.token));
      case 'checkBets':
        return bothAnswer(twinGate, realGate, (gate) => gate.checkBets(step.session.token, step.bets));
      case 'corrupt': {
        const { record, text } = step.broken;
        this.#map.set(sessionKey(record.wallet), text, CORRUPT_TTL_SECONDS);
        return this.#redis.set(sessionKey(record.wallet), text, 'EX', CORRUPT_TTL_SECONDS);
      }
      case 'passTime':
        this.#clock.fireNext(this.#clock.monotonicMs() + step.seconds * 1_000);
        return passTime(this.#redis, step.seconds);
      case 'vanish':
        this.#map.delete(step.key);
        return this.#redis.del(step.key);
      case 'flushAll':
        this.#map.clear();
        return this.#redis.flushall();
      default:
        return step satisfies never;
    }
  }

  /** Every key with its value and the seconds it has left. */
  async expectSameKeys(): Promise<void> {
    const twin = async () =>
      this.#map.keys().map((each) => [each, this.#map.get(each), this.#map.ttlSeconds(each)]);
    const real = async () =>
      Promise.all(
        (await this.#redis.keys('*')).map(async (each) => [
          each,
          await this.#redis.get(each),
          Math.ceil((await this.#redis.pttl(each)) / 1_000),
        ]),
      );
    const sorted = async (read: () => Promise<unknown[][]>) =>
      (await read()).sort((a, b) => String(a[0]).localeCompare(String(b[0])));
    await bothAnswer(twin, real, sorted);
  }
}

const used = useRedis();

it('sessions', async () => {
  await expectSameAnswers(operation, RUNS, async (operations) => {
    await used.redis.flushall();
    const pair = new SessionPair(used.redis);
    for (const step of operations) {
      await pair.perform(step);
      await pair.expectSameKeys();
    }
  });
});
