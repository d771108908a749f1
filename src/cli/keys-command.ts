/**
 * `touchline keys`: the Redis keys of the architecture decision as they are in the running Redis: type, TTL,
 * how many, against what they should be. Some only exist while somebody plays, so the command pays the system
 * a visit first: signs in with a throw-away wallet, stays connected, places one bet.
 */
import { parseArgs } from 'node:util';
import { readConfig } from '../config.ts';
import { SYMBOL } from '../domain/tick.ts';
import * as redisKeys from '../protocol/redis-keys.ts';
import { commandConnection, connect, type RedisConnection } from '../runtime/index.ts';
import { type Command, type CommandResult, progress } from './command.ts';
import { localUrl } from './demo/own-system.ts';
import { visit } from './visit.ts';

interface KeyPattern {
  readonly pattern: string;
  /** Glob for SCAN. */
  readonly glob: string;
  readonly type: 'string' | 'zset' | 'set';
  readonly ttlSecondsMax: number;
}

export const ADR_KEYS: readonly KeyPattern[] = [
  {
    pattern: redisKeys.sessionKey('{wallet}'),
    glob: redisKeys.sessionKey('*'),
    type: 'string',
    ttlSecondsMax: redisKeys.SESSION_TTL_SECONDS,
  },
  {
    pattern: redisKeys.rateLimitKey('{wallet}'),
    glob: redisKeys.rateLimitKey('*'),
    type: 'string',
    ttlSecondsMax: redisKeys.RATE_LIMIT_TTL_SECONDS,
  },
  {
    pattern: redisKeys.priceKey(SYMBOL),
    glob: redisKeys.priceKey(SYMBOL),
    type: 'string',
    ttlSecondsMax: redisKeys.PRICE_TTL_SECONDS,
  },
  {
    pattern: redisKeys.priceHistoryKey(SYMBOL),
    glob: redisKeys.priceHistoryKey(SYMBOL),
    type: 'zset',
    ttlSecondsMax: redisKeys.PRICE_HISTORY_TTL_SECONDS,
  },
  {
    pattern: redisKeys.gridCacheKey('{params}'),
    glob: redisKeys.gridCacheKey('*'),
    type: 'string',
    ttlSecondsMax: redisKeys.GRID_CACHE_TTL_SECONDS,
  },
  {
    pattern: redisKeys.CLIENTS_KEY,
    glob: redisKeys.CLIENTS_KEY,
    type: 'set',
    ttlSecondsMax: redisKeys.CLIENTS_TTL_SECONDS,
  },
];

export interface ObservedKey {
  readonly pattern: string;
  readonly count: number;
  /** Of one such key, when there is one. */
  readonly example: string | null;
  readonly type: string | null;
  readonly ttlSeconds: number | null;
  /** Type as decided, and a TTL that is set and not above what was decided. */
  readonly asDecided: boolean;
}

/** What Redis holds for one pattern now. */
export async function observeKey(redis: RedisConnection, expected: KeyPattern): Promise<ObservedKey> {
  const found: string[] = [];
  let cursor = '0';
  do {
    const [next, names] = await redis.scan(cursor, 'MATCH', expected.glob, 'COUNT', 1_000);
    found.push(...names);
    cursor = next;
  } while (cursor !== '0');
  const { pattern } = expected;
  const example = found[0];
  if (example === undefined)
    return { pattern, count: 0, example: null, type: null, ttlSeconds: null, asDecided: false };
  const [type, ttlSeconds] = [await redis.type(example), await redis.ttl(example)];
  const asDecided = type === expected.type && ttlSeconds > 0 && ttlSeconds <= expected.ttlSecondsMax;
  return { pattern, count: found.length, example, type, ttlSeconds, asDecided };
}

export const keys: Command = {
  summary: 'the Redis keys of the architecture decision as they are now',
  options: [
    '--redis URL   default: the running system’s own, or REDIS_URL',
    '--url URL     where to pay the visit; default: the system on this machine',
    '--passive     no visit: only what is there now',
  ],
  async run(args): Promise<CommandResult> {
    const { values } = parseArgs({
      args: [...args],
      options: { redis: { type: 'string' }, url: { type: 'string' }, passive: { type: 'boolean' } },
    });
    const redisUrl = values.redis ?? readConfig().REDIS_URL;
    const redis = commandConnection(redisUrl);
    try {
      await connect(redis);
      const leave = values.passive ? () => {} : await visit(values.url ?? localUrl());
      try {
        const rows: ObservedKey[] = [];
        for (const expected of ADR_KEYS) rows.push(await observeKey(redis, expected));
        progress(table(rows));
        return {
          json: { redis: withoutPassword(redisUrl), keys: rows },
          exitCode: rows.every((row) => row.asDecided) ? 0 : 1,
        };
      } finally {
        leave();
      }
    } finally {
      redis.disconnect();
    }
  },
};

function withoutPassword(redisUrl: string): string {
  const url = URL.parse(redisUrl);
  if (url?.password) url.password = '***';
  return url?.href ?? redisUrl;
}

function table(rows: readonly ObservedKey[]): string {
  const cells = rows.map(({ pattern, type, ttlSeconds, count, asDecided }) => [
    pattern,
    type ?? '(none now)',
    ttlSeconds === null ? '' : `${ttlSeconds} s`,
    String(count),
    asDecided ? 'as decided' : 'not as decided',
  ]);
  const header = ['key', 'type', 'ttl', 'keys', ''];
  return [header, ...cells]
    .map((row) => row.map((cell, column) => cell.padEnd([22, 12, 12, 7, 0][column] ?? 0)).join(''))
    .join('\n');
}
