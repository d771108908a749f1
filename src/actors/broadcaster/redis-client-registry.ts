/** Connections in Redis: `ws:clients`, a Set, one member a socket, with a TTL renewed by every heartbeat. */
import { CLIENTS_KEY, CLIENTS_TTL_SECONDS } from '../../protocol/redis-keys.ts';
import type { RedisConnection } from '../../runtime/index.ts';
import { type ClientRegistry, clientMember, isMemberOf } from './client-registry.ts';

/** Members per command: ten thousand at once would hold up everybody else's commands. */
const MEMBERS_PER_COMMAND = 500;

export class RedisClientRegistry implements ClientRegistry {
  readonly #redis: RedisConnection;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  async register(broadcaster: string, connections: readonly number[]): Promise<void> {
    const members = connections.map((connection) => clientMember(broadcaster, connection));
    for (const some of chunks(members)) await this.#redis.sadd(CLIENTS_KEY, ...some);
    await this.#redis.expire(CLIENTS_KEY, CLIENTS_TTL_SECONDS);
  }

  async unregister(broadcaster: string, connections: readonly number[]): Promise<void> {
    await this.#remove(connections.map((connection) => clientMember(broadcaster, connection)));
  }

  async forget(broadcaster: string): Promise<void> {
    let cursor = '0';
    do {
      const [next, members] = await this.#redis.sscan(CLIENTS_KEY, cursor, 'COUNT', MEMBERS_PER_COMMAND);
      await this.#remove(members.filter((member) => isMemberOf(member, broadcaster)));
      cursor = next;
    } while (cursor !== '0');
  }

  count(): Promise<number> {
    return this.#redis.scard(CLIENTS_KEY);
  }

  async #remove(members: readonly string[]): Promise<void> {
    for (const some of chunks(members)) await this.#redis.srem(CLIENTS_KEY, ...some);
  }
}

function chunks(members: readonly string[]): string[][] {
  const all: string[][] = [];
  for (let at = 0; at < members.length; at += MEMBERS_PER_COMMAND)
    all.push(members.slice(at, at + MEMBERS_PER_COMMAND));
  return all;
}
