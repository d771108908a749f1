/** The Resolver in its own thread: opens the ledger and, read-only, the tick log. */
import type { MarketRules } from '../../domain/rules.ts';
import { ACCOUNT_EVENTS } from '../../protocol/account-events.ts';
import type { ActorEnvironment } from '../../runtime/index.ts';
import { FileLedgerAnchor, RedisLedgerAnchor } from './ledger-anchor.ts';
import { refuseLostLedger } from './ledger-guard.ts';
import { resolverActor } from './resolver-actor.ts';
import { openLedgerDatabase, SqliteLedgerStore } from './sqlite-ledger-store.ts';
import { SqliteTickLogReader } from './sqlite-tick-log-reader.ts';

export interface ResolverWorkerSettings {
  readonly ledgerPath: string;
  /** The HistoryWriter's file. It may not exist yet. */
  readonly tickLogPath: string;
  /** Where the head of the ledger is kept outside of it. */
  readonly anchorPath: string;
  readonly rules: MarketRules;
}

export function createActor({ settings, outbox, redis, onExit }: ActorEnvironment<ResolverWorkerSettings>) {
  refuseLostLedger(settings.ledgerPath, settings.anchorPath);
  const store = new SqliteLedgerStore(openLedgerDatabase(settings.ledgerPath));
  const tickLog = new SqliteTickLogReader(settings.tickLogPath);
  // Both close synchronously; their promises carry nothing.
  onExit(() => void store.close());
  onExit(() => void tickLog.close());
  const accountEvents = outbox(ACCOUNT_EVENTS);
  const anchor = new FileLedgerAnchor(settings.anchorPath);
  const anchorCopy = new RedisLedgerAnchor(redis);
  return resolverActor({ store, tickLog, accountEvents, rules: settings.rules, anchor, anchorCopy });
}
