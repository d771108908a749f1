import { expect, it } from 'vitest';
import { RedisSessionGate } from '../../../../src/actors/broadcaster/sessions/redis-session-gate.ts';
import { refused } from '../../../../src/protocol/errors.ts';
import { rateLimitKey, sessionKey } from '../../../../src/protocol/redis-keys.ts';
import { encodeSessionRecord } from '../../../../src/protocol/session-token.ts';
import { commandConnection, connect } from '../../../../src/runtime/index.ts';
import { BETS_PER_MINUTE, sessionGateContract } from '../../../contract/session-gate.contract.ts';
import { startTestRedis } from '../../../support/redis-server.ts';
import { randomSession } from '../../../support/sessions.ts';
import { useRedis } from '../../../support/use-redis.ts';

const options = { betsPerMinute: BETS_PER_MINUTE };
const used = useRedis();

sessionGateContract('RedisSessionGate', async () => ({
  gate: new RedisSessionGate(used.redis, options),
  write: async (key, value) => void (await used.redis.set(key, value, 'EX', 3_600)),
  read: async (key) => (await used.redis.get(key)) ?? undefined,
  vanish: async (key) => void (await used.redis.del(key)),
  leaveIdle: async (key, seconds) => {
    const [value, leftMs] = [await used.redis.dumpBuffer(key), await used.redis.pttl(key)];
    await used.redis.restore(key, leftMs, value ?? '', 'REPLACE', 'IDLETIME', seconds);
  },
  close: async () => {},
}));

async function signedIn() {
  const session = randomSession();
  await used.redis.set(sessionKey(session.record.wallet), encodeSessionRecord(session.record), 'EX', 3_600);
  return session;
}

it('keeps the counter as a String with 60 seconds to live, not renewed by later bets', async () => {
  const gate = new RedisSessionGate(used.redis, options);
  const { token, record } = await signedIn();
  const key = rateLimitKey(record.wallet);
  await gate.checkBet(token);
  expect(await used.redis.type(key)).toBe('string');
  expect([59, 60]).toContain(await used.redis.ttl(key));
  await used.redis.expire(key, 20);
  await gate.checkBet(token);
  expect(await used.redis.get(key)).toBe('2');
  expect(await used.redis.ttl(key)).toBeLessThanOrEqual(20);
});

it('does not limit a wallet for ever when its counter has no time to live', async () => {
  const gate = new RedisSessionGate(used.redis, options);
  const { token, record } = await signedIn();
  await used.redis.set(rateLimitKey(record.wallet), '99');
  expect(await gate.checkBet(token)).toMatchObject({ ok: true, value: { betsLeft: BETS_PER_MINUTE - 1 } });
  expect(await used.redis.ttl(rateLimitKey(record.wallet))).toBeGreaterThan(0);
});

it('does not ask Redis about a malformed token', async () => {
  const never = commandConnection('redis://127.0.0.1:1');
  const gate = new RedisSessionGate(never, options);
  expect(await gate.checkBet('0x12.abc')).toEqual(refused('UNAUTHENTICATED'));
  expect(never.status).toBe('wait');
});

it('fails closed with a retryable error when a key has a foreign type or Redis is gone', async () => {
  const { token, record } = await signedIn();
  await used.redis.rpush(rateLimitKey(record.wallet), 'foreign');
  expect(await new RedisSessionGate(used.redis, options).checkBet(token)).toEqual(
    refused('ACTOR_RESTARTING'),
  );

  const gone = await startTestRedis();
  const connection = await connect(commandConnection(gone.url));
  const gate = new RedisSessionGate(connection, options);
  await gone.stop();
  const outcomes = await Promise.all([gate.check(token), gate.checkBet(token)]);
  expect(outcomes).toEqual([refused('ACTOR_RESTARTING'), refused('ACTOR_RESTARTING')]);
  connection.disconnect();
});

it('answers each of many that ask at once, whatever the others are', async () => {
  const gate = new RedisSessionGate(used.redis, options);
  const sessions = await Promise.all(Array.from({ length: 150 }, signedIn));
  const [broken, stranger] = [sessions[40], randomSession()];
  await used.redis.rpush(rateLimitKey(broken?.record.wallet ?? ''), 'foreign');
  const asked = [...sessions, stranger].map(({ token }, i) =>
    i % 2 === 0 ? gate.checkBets(token, 2) : gate.check(token),
  );
  const outcomes = await Promise.all(asked);
  for (const [i, { token, record }] of sessions.entries()) {
    const { wallet, expiresAtMs } = record;
    const counted = { betsLeft: BETS_PER_MINUTE - 2, granted: 2 };
    if (token === broken?.token) expect(outcomes[i]).toEqual(refused('ACTOR_RESTARTING'));
    else expect(outcomes[i]).toMatchObject({ value: { wallet, expiresAtMs, ...(i % 2 === 0 && counted) } });
  }
  expect(outcomes.at(-1)).toEqual(refused('UNAUTHENTICATED'));
});

it('counts what one wallet asks for at once in its order', async () => {
  const gate = new RedisSessionGate(used.redis, options);
  const { token } = await signedIn();
  const [first, second, third] = await Promise.all([
    gate.checkBets(token, 2),
    gate.checkBets(token, 2),
    gate.checkBets(token, 2),
  ]);
  expect(first).toMatchObject({ value: { granted: 2, betsLeft: 1 } });
  expect(second).toMatchObject({ value: { granted: 1, betsLeft: 0 } });
  expect(third).toMatchObject({ ok: false, error: { code: 'RATE_LIMITED' } });
});

it('goes on after SCRIPT FLUSH', async () => {
  const gate = new RedisSessionGate(used.redis, options);
  const { token } = await signedIn();
  await gate.check(token);
  await used.redis.script('FLUSH');
  expect((await gate.check(token)).ok).toBe(true);
});
