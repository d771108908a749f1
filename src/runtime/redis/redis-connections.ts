/**
 * The one file that imports ioredis. Each actor thread has separate connections for commands, blocking
 * reads and subscriptions: a blocking read would hold up every command behind it.
 *
 * Commands are never re-sent after a lost reply (ioredis would run them twice): they fail within
 * COMMAND_TIMEOUT_MS and the caller, who knows what is idempotent, decides. A connection on which nothing
 * comes back for longer is closed and made anew: its peer may be gone without a word.
 */
import { readFileSync } from 'node:fs';
import { Command, Redis } from 'ioredis';

/** A connection, and the commands on it. Binary replies come from the `…Buffer` variants. */
export type RedisConnection = Redis;

export const COMMAND_TIMEOUT_MS = 2_000;
const RECONNECT_DELAY_MS_MAX = 500;

const shared = {
  protocol: 2,
  enableReadyCheck: true,
  // One more command, which not every user of Redis may send (scripts/redis-acl.mjs).
  disableClientInfo: true,
  lazyConnect: true,
  retryStrategy: (attempts: number) => Math.min(20 * 2 ** Math.min(attempts, 5), RECONNECT_DELAY_MS_MAX),
} as const;

/** What ioredis takes for an address: a URL, or the path of the Unix socket that `unix://…/path` names. */
const addressOf = (url: string): string =>
  url.startsWith('unix:') ? decodeURIComponent(new URL(url).pathname) : url;

/** User and password of a `unix://user:password@localhost/path`; of other URLs ioredis reads them itself. */
function credentialsOf(url: string): { username?: string; password?: string } {
  if (!url.startsWith('unix:')) return {};
  const { username, password } = new URL(url);
  return {
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
  };
}

/** For ordinary commands: bounded wait, no silent repetition. Commands issued while away wait in a queue. */
export const commandConnection = (url: string): RedisConnection =>
  guarded(
    new Redis(addressOf(url), {
      ...shared,
      ...credentialsOf(url),
      commandTimeout: COMMAND_TIMEOUT_MS,
      socketTimeout: COMMAND_TIMEOUT_MS * 2,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 3,
      enableAutoPipelining: true,
    }),
  );

/** For XREAD/XREADGROUP with BLOCK `blockMsMax`: settles even if the server never answers again. */
export const blockingConnection = (url: string, blockMsMax: number): RedisConnection =>
  guarded(
    new Redis(addressOf(url), {
      ...shared,
      ...credentialsOf(url),
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      blockingTimeout: blockMsMax * 2,
      blockingTimeoutGrace: 1_000,
      socketTimeout: blockMsMax * 3,
    }),
  );

/** For SUBSCRIBE: resubscribes by itself after a reconnect. */
export const subscriberConnection = (url: string): RedisConnection =>
  guarded(new Redis(addressOf(url), { ...shared, ...credentialsOf(url), autoResubscribe: true }));

/**
 * A command by name, with a binary reply. ioredis's own `call` and `callBuffer` lose the name on a connection
 * that pipelines by itself.
 */
export const callBinary = (
  redis: RedisConnection,
  command: string,
  args: readonly (string | number | Buffer)[],
): Promise<unknown> =>
  redis.sendCommand(new Command(command, [...args], { replyEncoding: null })) as Promise<unknown>;

/** Connects and waits until commands can run. */
export async function connect(redis: RedisConnection): Promise<RedisConnection> {
  await redis.connect();
  return redis;
}

/**
 * A Lua script from a file `<verb>-<noun>-<number of keys>.lua`, run by EVALSHA (with EVAL after a restart or
 * SCRIPT FLUSH). Where the number is `n`, callers say it before the keys. The file's head says what its KEYS,
 * ARGV and replies are. `isBinary`: strings in replies come as Buffers.
 */
export function luaScript(
  redis: RedisConnection,
  file: URL,
  { isBinary = false } = {},
): (...keysThenArgs: (string | number | Buffer)[]) => Promise<unknown> {
  const name = /([a-z-]+)-(\d+|n)\.lua$/.exec(file.pathname);
  if (!name?.[1] || !name[2]) throw new Error(`not a script name: ${file.pathname}`);
  const command = name[1].replaceAll('-', '_');
  const fixed = name[2] === 'n' ? {} : { numberOfKeys: Number(name[2]) };
  redis.defineCommand(command, { ...fixed, lua: readFileSync(file, 'utf8') });
  const method = isBinary ? `${command}Buffer` : command;
  const run = Reflect.get(redis, method) as (...args: unknown[]) => Promise<unknown>;
  return (...keysThenArgs) => run.apply(redis, keysThenArgs);
}

/** ioredis reports connection errors as events as well; the commands concerned fail by themselves. */
function guarded(redis: Redis): Redis {
  redis.on('error', () => {});
  return redis;
}
