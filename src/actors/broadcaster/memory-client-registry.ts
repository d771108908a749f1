/** Connections in this process: for tests and the simulator. */
import { CLIENTS_TTL_SECONDS } from '../../protocol/redis-keys.ts';
import type { Clock } from '../../runtime/index.ts';
import { type ClientRegistry, clientMember, isMemberOf } from './client-registry.ts';

export class MemoryClientRegistry implements ClientRegistry {
  readonly #clock: Pick<Clock, 'nowMs'>;
  #members = new Set<string>();
  #expiresAtMs = 0;

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
  }

  async register(broadcaster: string, connections: readonly number[]): Promise<void> {
    this.#expire();
    for (const connection of connections) this.#members.add(clientMember(broadcaster, connection));
    this.#expiresAtMs = this.#clock.nowMs() + CLIENTS_TTL_SECONDS * 1_000;
  }

  async unregister(broadcaster: string, connections: readonly number[]): Promise<void> {
    for (const connection of connections) this.#members.delete(clientMember(broadcaster, connection));
  }

  async forget(broadcaster: string): Promise<void> {
    for (const member of this.#members) if (isMemberOf(member, broadcaster)) this.#members.delete(member);
  }

  async count(): Promise<number> {
    this.#expire();
    return this.#members.size;
  }

  /** Forgets everything, as FLUSHALL does. */
  clear(): void {
    this.#members.clear();
  }

  #expire(): void {
    if (this.#clock.nowMs() >= this.#expiresAtMs) this.#members = new Set();
  }
}
