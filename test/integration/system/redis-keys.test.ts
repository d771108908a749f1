import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ADR_KEYS, observeKey } from '../../../src/cli/keys-command.ts';
import { commandConnection, connect, type RedisConnection } from '../../../src/runtime/index.ts';
import { createPlayer, placeOneBet, until } from '../../support/player.ts';
import { type RunningSystem, startSystem } from '../../support/system.ts';

let system: RunningSystem;
let redis: RedisConnection;
let token: string;
let wallet: string;
beforeAll(async () => {
  system = await startSystem();
  redis = await connect(commandConnection(system.redis.url));
  const player = await createPlayer(system.url);
  token = player.client.token ?? '';
  wallet = player.address;
  await placeOneBet(player);
  const socket = new WebSocket(`${system.url.replace('http', 'ws')}/v1/ws`);
  await new Promise((resolve) => socket.once('open', resolve));
});
afterAll(async () => {
  redis.disconnect();
  await system.stop();
});

describe('the keys of the architecture decision in a running Redis', () => {
  it.each(ADR_KEYS.map((key) => [key.pattern, key] as const))(
    '%s has the decided type and TTL',
    async (_pattern, key) => {
      const observed = await until(
        () => observeKey(redis, key),
        (found) => found.count > 0,
      );
      expect(observed).toMatchObject({ type: key.type, asDecided: true });
    },
  );

  it('session:{wallet} holds a hash of the token and never the token', async () => {
    const session = await redis.get(`session:${wallet}`);
    expect(session).toContain('tokenHash');
    expect(session).not.toContain(token);
    expect(session).not.toContain(token.split('.')[1]);
    expect(await redis.ttl(`session:${wallet}`)).toBeGreaterThan(86_000);
  });

  it('the server runs with the decided limits', async () => {
    const config = async (name: string) => (await redis.config('GET', name))[1];
    expect(await config('maxmemory')).toBe(String(512 * 1024 * 1024));
    expect(await config('maxmemory-policy')).toBe('allkeys-lru');
    expect(await config('appendonly')).toBe('yes');
    expect(await config('appendfsync')).toBe('everysec');
    expect(await config('lazyfree-lazy-eviction')).toBe('yes');
    expect(await config('bind')).toContain('127.0.0.1');
  });
});
