/** A Broadcaster in its thread: clients by uWebSockets, sessions, grids and the registry in Redis. */
import { ACCOUNT_EVENTS } from '../../protocol/account-events.ts';
import type { ActorEnvironment } from '../../runtime/index.ts';
import { openServiceKey } from '../../runtime/service-key.ts';
import { broadcasterActor } from './broadcaster-actor.ts';
import type { BroadcasterSettings } from './broadcaster-settings.ts';
import { RedisSharedBuckets } from './front-door/redis-shared-buckets.ts';
import { loadPageFiles } from './page-files.ts';
import { RedisClientRegistry } from './redis-client-registry.ts';
import { RedisGridCache } from './redis-grid-cache.ts';
import { RedisSessionGate } from './sessions/redis-session-gate.ts';
import { UwsServer } from './uws-server.ts';

export function createActor(environment: ActorEnvironment<BroadcasterSettings>) {
  const { redis, settings, clock } = environment;
  const server = new UwsServer({ host: settings.host, port: settings.port, clock });
  // A thread that ends with an open server aborts the whole process, so this comes before anything can fail.
  environment.onExit(() => server.closeAtOnce());
  return broadcasterActor({
    server,
    gate: new RedisSessionGate(redis, { betsPerMinute: settings.betsPerMinute }),
    sharedBuckets: new RedisSharedBuckets(redis, settings.limits),
    gridCache: new RedisGridCache(redis),
    registry: new RedisClientRegistry(redis),
    accountEvents: environment.outbox(ACCOUNT_EVENTS),
    page: loadPageFiles(settings.pageDir),
    key: openServiceKey(settings.serviceKeyPath, environment.random),
    settings,
  });
}
