/** Composition root of the HistoryWriter in its thread. */
import type { ActorEnvironment } from '../../runtime/index.ts';
import { historyWriterActor } from './history-writer-actor.ts';
import { redisPriceHistory } from './redis-price-history.ts';
import { openSqliteTickLog } from './sqlite-tick-log.ts';

export interface HistoryWriterSettings {
  /** The SQLite file of the tick log; other threads may read it, none may write. */
  readonly tickLogPath: string;
}

export function createActor({ settings, redis, onExit }: ActorEnvironment<HistoryWriterSettings>) {
  const tickLog = openSqliteTickLog(settings.tickLogPath);
  onExit(() => tickLog.close());
  return historyWriterActor({ tickLog, history: redisPriceHistory(redis) });
}
