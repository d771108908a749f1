/**
 * Touchline as a user of its own in Redis, over a Unix socket: everything works, Redis refused nothing that
 * was tried, and what is not needed cannot be done.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ACL_USER, aclRules } from '../../../scripts/redis-acl.mjs';
import { createTouchlineClient, throwAwayWallet } from '../../../src/client/index.ts';
import { commandConnection, connect, type RedisConnection } from '../../../src/runtime/index.ts';
import { type Player, placeOneBet, until } from '../../support/player.ts';
import { type RunningSystem, startSystem } from '../../support/system.ts';

const PASSWORD = 'a-password-that-must-not-be-logged';
let directory: string;
let system: RunningSystem;
let operator: RedisConnection;
let own: RedisConnection;
let player: Player;
const secrets = [PASSWORD];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tl-'));
  const [socket, password] = [join(directory, 'redis.sock'), join(directory, 'password')];
  writeFileSync(password, PASSWORD, { mode: 0o600 });
  system = await startSystem({
    redisArgs: ['--unixsocket', socket, '--unixsocketperm', '700'],
    prepareRedis: async ({ url }) => {
      operator = await connect(commandConnection(url));
      await operator.call('ACL', 'SETUSER', ACL_USER, ...aclRules(PASSWORD).split(' '));
    },
    env: { REDIS_URL: `unix://${ACL_USER}@localhost${socket}`, REDIS_PASSWORD_FILE: password },
  });
  own = await connect(commandConnection(`unix://${ACL_USER}:${PASSWORD}@localhost${socket}`));
  const client = createTouchlineClient({ baseUrl: system.url });
  const wallet = await throwAwayWallet();
  await client.signIn({
    ...wallet,
    signMessage: async (message) => {
      const signature = await wallet.signMessage(message);
      secrets.push(signature);
      return signature;
    },
  });
  secrets.push(client.token ?? '');
  player = { client, wallet, address: wallet.address.toLowerCase() };
}, 60_000);
afterAll(async () => {
  operator.disconnect();
  own.disconnect();
  await system.stop();
  rmSync(directory, { recursive: true });
});

it('signs in, bets, settles and reads, and Redis had nothing to refuse', async () => {
  const { client } = player;
  const { id } = await placeOneBet(player);
  await until(
    () => client.bet(id),
    ({ status }) => status !== 'open',
  );
  await client.signOut();
  const log = (await operator.call('ACL', 'LOG')) as unknown[];
  expect(log.map((entry) => JSON.stringify(entry))).toEqual([]);
}, 90_000);

it.each([
  ['FLUSHALL'],
  ['KEYS', '*'],
  ['CONFIG', 'GET', '*'],
  ['ACL', 'LIST'],
  ['MODULE', 'LIST'],
  ['SHUTDOWN'],
  ['MONITOR'],
  ['GET', 'somebody-elses-key'],
  ['SET', 'somebody-elses-key', '1'],
  ['PUBLISH', 'somebody-elses-channel', '1'],
  ['EVAL', 'return redis.call("FLUSHALL")', '0'],
  ['EVAL', 'return redis.call("GET", "somebody-elses-key")', '0'],
])('may not %s', async (command, ...args) => {
  await expect(own.call(command ?? '', ...args)).rejects.toThrow(
    /NOPERM|The user executing the script can't/,
  );
});

it('says neither its password, nor a token, nor a signature', () => {
  expect(secrets).toHaveLength(3);
  for (const secret of secrets) expect(system.output()).not.toContain(secret.split('.').at(-1));
});
