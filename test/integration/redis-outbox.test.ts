/** The outbox on a file and a real Redis: the contract, and faults only a real Redis has. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outboxKey } from '../../src/protocol/redis-keys.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import {
  commandConnection,
  connect,
  Metrics,
  OutboxReader,
  OutboxRelay,
  openSqlite,
  type RedisConnection,
  silentLogger,
} from '../../src/runtime/index.ts';
import { RedisOutboxStream } from '../../src/runtime/outbox/redis-outbox-stream.ts';
import { OUTBOX_MIGRATION, SqliteOutbox } from '../../src/runtime/outbox/sqlite-outbox.ts';
import { KEPT, outboxContract } from '../contract/outbox.contract.ts';
import { type ByteProxy, startByteProxy } from '../support/byte-proxy.ts';
import { useRedis } from '../support/use-redis.ts';

const used = useRedis();
let outboxes = 0;

describe('a SQLite file, a stream in Redis', () => {
  outboxContract(async () => {
    const { redis, server } = used;
    const dir = mkdtempSync(join(tmpdir(), 'touchline-outbox-'));
    const open = () => openSqlite({ path: join(dir, 'log.sqlite'), migrations: [OUTBOX_MIGRATION] });
    let db = open();
    const name = `test-${outboxes++}`;
    const streams: RedisOutboxStream[] = [];
    const metrics = new Metrics('test');
    return {
      log: new SqliteOutbox(db, KEPT),
      stream: () => {
        const stream = new RedisOutboxStream(name, {
          ...{ redisUrl: server.url, redis, clock: systemClock, metrics },
        });
        streams.push(stream);
        return stream;
      },
      transact: (work) => db.transaction(work).immediate(),
      reopen: async () => {
        db.close();
        db = open();
        return new SqliteOutbox(db, KEPT);
      },
      vanish: async () => void (await redis.del(outboxKey(name))),
      // Without the entry that a stream begins with.
      length: async () => (await redis.xrange(outboxKey(name), '0-2', '+')).length,
      close: async () => {
        await Promise.all(streams.map((stream) => stream.close()));
        db.close();
        rmSync(dir, { recursive: true, force: true });
      },
    };
  });
});

describe('with a connection that fails', () => {
  const metrics = new Metrics('test');
  let name: string;
  let proxy: ByteProxy;
  /** The writer's way to Redis, by the proxy. */
  let proxied: RedisConnection;
  let db: ReturnType<typeof openSqlite>;
  let log: SqliteOutbox;
  let relay: OutboxRelay;
  const streams: RedisOutboxStream[] = [];
  const heard: number[] = [];
  const gaps: unknown[] = [];
  let reader: OutboxReader<number>;

  const open = (redisUrl: string, redis: RedisConnection): RedisOutboxStream => {
    const stream = new RedisOutboxStream(name, { redisUrl, redis, clock: systemClock, metrics });
    streams.push(stream);
    return stream;
  };
  const commit = (...events: readonly number[]): void => {
    for (const event of events) db.transaction(() => log.append([event])).immediate();
    relay.kick();
  };
  const polling = async (holds: () => Promise<boolean> | boolean, now: () => void = () => {}) => {
    while (!(await holds())) {
      now();
      await new Promise((resolve) => systemClock.after(20, () => resolve(undefined)));
    }
  };
  /** Entries on the stream, but for the one it begins with. */
  const onStream = async (): Promise<string[]> =>
    (await used.redis.xrange(outboxKey(name), '0-2', '+')).map(([id]) => id);
  const listen = async (redisUrl: string): Promise<void> => {
    reader = new OutboxReader<number>({
      stream: open(redisUrl, used.redis),
      from: 0,
      onEvents: (events) => heard.push(...events),
      onGap: (gap) => gaps.push(gap),
      fail: (error) => {
        throw error;
      },
      clock: systemClock,
      metrics,
    });
    await reader.start();
  };

  beforeEach(async () => {
    name = `test-${outboxes++}`;
    proxy = await startByteProxy(used.server.port);
    proxied = await connect(commandConnection(proxy.url));
    db = openSqlite({ path: ':memory:', migrations: [OUTBOX_MIGRATION] });
    log = new SqliteOutbox(db);
    relay = new OutboxRelay({ outbox: log, stream: open(proxy.url, proxied), metrics, log: silentLogger });
    heard.length = 0;
    gaps.length = 0;
    commit(1, 2);
    await polling(async () => (await onStream()).length === 2);
  });
  afterEach(async () => {
    reader.close();
    await Promise.all(streams.splice(0).map((stream) => stream.close()));
    proxied.disconnect();
    await proxy.close();
    db.close();
  });

  it('a lost answer has the entries relayed again, and Redis refuses them', async () => {
    await listen(used.server.url);
    proxy.loseAnswers();
    commit(3);
    await polling(() => heard.length === 3);
    proxy.cut();
    commit(4, 5);
    await polling(
      () => heard.length === 5,
      () => relay.check(),
    );
    expect(await onStream()).toEqual(['1-0', '2-0', '3-0', '4-0', '5-0']);
    expect([heard, gaps]).toEqual([[1, 2, 3, 4, 5], []]);
  });

  it('a reader whose peer is gone without a word reads on over another connection', async () => {
    await listen(proxy.url);
    await polling(() => heard.length === 2);
    proxy.hang();
    await open(used.server.url, used.redis).append((await log.head()).log, [
      { seq: 3, body: new Uint8Array([0x91, 3]) },
    ]);
    await polling(() => heard.length === 3);
    expect([heard, gaps]).toEqual([[1, 2, 3], []]);
  });

  it('FLUSHALL while nothing is committed: the stream is seeded anew, nobody notices', async () => {
    await listen(used.server.url);
    await polling(() => heard.length === 2);
    await used.redis.flushall();
    await polling(
      async () => (await onStream()).length === 2,
      () => relay.check(),
    );
    commit(3);
    await polling(() => heard.length === 3);
    expect([heard, gaps]).toEqual([[1, 2, 3], []]);
  });

  it('Redis killed and back: what was committed meanwhile comes, in order', async () => {
    await listen(used.server.url);
    await polling(() => heard.length === 2);
    process.kill(used.server.pid, 'SIGKILL');
    commit(3);
    commit(4);
    await used.server.comeBack();
    await polling(
      () => heard.length === 4,
      () => relay.check(),
    );
    expect([heard, gaps]).toEqual([[1, 2, 3, 4], []]);
  });
});
