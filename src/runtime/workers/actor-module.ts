/**
 * What a module named in a child spec exports: `createActor`, the composition root of one actor in its
 * thread. It builds the actor's ports on the thread's own connections and returns the definition.
 */
import type { AnyActorDefinition } from '../actor.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';
import type { OutboxStream } from '../outbox/outbox.ts';
import type { Random } from '../random.ts';
import type { RedisConnection } from '../redis/redis-connections.ts';

export interface ActorEnvironment<Settings = unknown> {
  /** Mailbox name of this instance. */
  readonly id: string;
  /** The `settings` of the child spec: plain data. */
  readonly settings: Settings;
  /** Command connection of this thread, connected. */
  readonly redis: RedisConnection;
  /** The stream of this outbox, to relay to or to read from; closed with the thread. */
  readonly outbox: (name: string) => OutboxStream;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Registers work for the moment the thread ends, however it ends. Synchronous only. */
  onExit(cleanup: () => void): void;
}

export type CreateActor<Settings> = (
  environment: ActorEnvironment<Settings>,
) => AnyActorDefinition | Promise<AnyActorDefinition>;

export interface ActorModule {
  readonly createActor: CreateActor<never>;
}
