/** Composition root of the HistoryWriter in its thread. */
import type { ActorEnvironment } from '../../runtime/index.ts';
import { openServiceKey } from '../../runtime/service-key.ts';
import { historyWriterActor } from './history-writer-actor.ts';
import { redisPriceHistory } from './redis-price-history.ts';
import { openSqliteTickLog } from './sqlite-tick-log.ts';

export interface HistoryWriterSettings {
  /** The SQLite file of the tick log; other threads may read it, none may write. */
  readonly tickLogPath: string;
  /** The key that signs checkpoints. */
  readonly serviceKeyPath: string;
}

export function createActor({ settings, redis, random, onExit }: ActorEnvironment<HistoryWriterSettings>) {
  const tickLog = openSqliteTickLog(settings.tickLogPath, openServiceKey(settings.serviceKeyPath, random));
  onExit(() => tickLog.close());
  return historyWriterActor({ tickLog, history: redisPriceHistory(redis) });
}
