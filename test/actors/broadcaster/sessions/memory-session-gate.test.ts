import { describe, expect, it } from 'vitest';
import { MemorySessionGate } from '../../../../src/actors/broadcaster/sessions/memory-session-gate.ts';
import { SESSION_TTL_SECONDS, sessionKey } from '../../../../src/protocol/redis-keys.ts';
import { encodeSessionRecord } from '../../../../src/protocol/session-token.ts';
import { ExpiringMap, ManualClock } from '../../../../src/runtime/index.ts';
import { BETS_PER_MINUTE, sessionGateContract } from '../../../contract/session-gate.contract.ts';
import { randomSession } from '../../../support/sessions.ts';

const START_MS = 1_700_000_000_000;

sessionGateContract('MemorySessionGate', async () => {
  const clock = new ManualClock(START_MS);
  const map = new ExpiringMap(clock);
  return {
    gate: new MemorySessionGate(map, { betsPerMinute: BETS_PER_MINUTE }),
    write: async (key, value) => void map.set(key, value, SESSION_TTL_SECONDS),
    read: async (key) => map.get(key),
    vanish: async (key) => map.delete(key),
    leaveIdle: async (_key, seconds) => void clock.fireNext(clock.monotonicMs() + seconds * 1_000),
    close: async () => {},
  };
});

describe('MemorySessionGate in time', () => {
  it('opens a new window 60 s after the first bet, however many came since', async () => {
    const clock = new ManualClock(START_MS);
    const map = new ExpiringMap(clock);
    const gate = new MemorySessionGate(map, { betsPerMinute: 1 });
    const { token, record } = randomSession();
    map.set(sessionKey(record.wallet), encodeSessionRecord(record), 3_600);
    expect((await gate.checkBet(token)).ok).toBe(true);
    clock.fireNext(START_MS + 59_001);
    expect(await gate.checkBet(token)).toMatchObject({ error: { details: { retryAfterSeconds: 1 } } });
    clock.fireNext(START_MS + 60_000);
    expect((await gate.checkBet(token)).ok).toBe(true);
  });

  it.each([0, -1, 1.5, Number.NaN])('does not take a limit of %s bets a minute', (betsPerMinute) => {
    expect(() => new MemorySessionGate(new ExpiringMap(new ManualClock(0)), { betsPerMinute })).toThrow(
      'betsPerMinute',
    );
  });
});
