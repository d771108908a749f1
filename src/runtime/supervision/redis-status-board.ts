/** The status board on Redis: one key a child that is down, with a time to live (see status-board.ts). */
import { downKey } from '../../protocol/redis-keys.ts';
import { commandConnection, type RedisConnection } from '../redis/redis-connections.ts';
import { DOWN_TTL_MS, type StatusBoard } from './status-board.ts';

export class RedisStatusBoard implements StatusBoard {
  readonly #redis: RedisConnection;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  /** On the Redis that holds the mailboxes. It may be away: then nobody is told, and asks wait as ever. */
  static open(redisUrl: string): RedisStatusBoard {
    const redis = commandConnection(redisUrl);
    redis.connect().catch(() => {});
    return new RedisStatusBoard(redis);
  }

  async down(actor: string): Promise<void> {
    await this.#redis.set(downKey(actor), '1', 'PX', DOWN_TTL_MS).catch(() => {});
  }

  async up(actor: string): Promise<void> {
    await this.#redis.del(downKey(actor)).catch(() => {});
  }

  close(): void {
    this.#redis.disconnect();
  }
}
