/**
 * Every child of a process as data, in start order: first who records, then who decides, then who signs in,
 * then who makes prices, last who faces clients. Stopped in reverse. One line of data adds an actor.
 */
import { join } from 'node:path';
import type { ActorName, Config } from '../config.ts';
import { DEFAULT_MARKET_RULES } from '../domain/rules.ts';
import { HISTORY_WRITER } from '../protocol/letters/history-writer.ts';
import { PRICE_FEED } from '../protocol/letters/price-feed.ts';
import { RESOLVER } from '../protocol/letters/resolver.ts';
import { SESSION_GUARD } from '../protocol/letters/session-guard.ts';
import { type ChildSpec, childSpec } from '../runtime/index.ts';
import { refuseUnsafeKeyFile } from '../runtime/service-key.ts';
import type { BroadcasterSettings } from './broadcaster/broadcaster-settings.ts';
import type { HistoryWriterSettings } from './history-writer/history-writer-worker.ts';
import { refuseChangedTickLog } from './history-writer/sqlite-tick-log.ts';
import type { PriceFeedWorkerSettings } from './price-feed/price-feed-worker.ts';
import { refuseLostLedger } from './resolver/ledger-guard.ts';
import type { ResolverWorkerSettings } from './resolver/resolver-worker.ts';
import type { SessionGuardWorkerSettings } from './session-guard/session-guard-worker.ts';

const DATABASE_WRITERS = ['history-writer', 'resolver'] as const satisfies readonly ActorName[];

const module = (path: string): URL => new URL(path, import.meta.url);

export function childSpecs(config: Config): ChildSpec[] {
  const specsOf: Record<ActorName, (config: Config) => ChildSpec[]> = {
    'history-writer': historyWriter,
    resolver,
    'session-guard': sessionGuard,
    'price-feed': priceFeed,
    broadcaster: broadcasters,
  };
  const names = Object.keys(specsOf) as ActorName[];
  return names
    .filter((name) => config.TOUCHLINE_ACTORS.includes(name))
    .flatMap((name) => specsOf[name](config));
}

/** One per database that this process writes: a second process on the same data is refused. */
export const lockFiles = (config: Pick<Config, 'dataDir' | 'TOUCHLINE_ACTORS'>): string[] =>
  DATABASE_WRITERS.filter((name) => config.TOUCHLINE_ACTORS.includes(name)).map((name) =>
    join(config.dataDir, `${name}.lock`),
  );

/** Throws StartRefusedError if this process must not run on the data it finds. Changes nothing. */
export function refuseUnsafeStart(
  config: Pick<Config, 'dataDir' | 'serviceKeyFile' | 'TOUCHLINE_ACTORS'>,
): void {
  if (config.TOUCHLINE_ACTORS.includes('resolver')) refuseLostLedger(ledgerPath(config), anchorPath(config));
  if (config.TOUCHLINE_ACTORS.includes('history-writer')) refuseChangedTickLog(tickLogPath(config));
  refuseUnsafeKeyFile(config.serviceKeyFile);
}

function historyWriter(config: Config): ChildSpec[] {
  const settings: HistoryWriterSettings = {
    tickLogPath: tickLogPath(config),
    serviceKeyPath: config.serviceKeyFile,
  };
  return [
    childSpec({
      id: HISTORY_WRITER.name,
      module: module('./history-writer/history-writer-worker.ts'),
      settings,
      heapMibMax: 256,
    }),
  ];
}

function resolver(config: Config): ChildSpec[] {
  const settings: ResolverWorkerSettings = {
    ledgerPath: ledgerPath(config),
    anchorPath: anchorPath(config),
    tickLogPath: tickLogPath(config),
    rules: DEFAULT_MARKET_RULES,
  };
  // Every balance and open bet of the one market lives in its memory.
  const heapMibMax = 512;
  return [
    childSpec({ id: RESOLVER.name, module: module('./resolver/resolver-worker.ts'), settings, heapMibMax }),
  ];
}

function sessionGuard(config: Config): ChildSpec[] {
  const settings: SessionGuardWorkerSettings = {
    policy: {
      origins: config.origins,
      chainIds: config.SIGN_IN_CHAIN_IDS,
      statement: config.SIGN_IN_STATEMENT,
    },
    poolThreads: 1,
    ethRpcUrl: config.ETH_RPC_URL,
  };
  return [
    childSpec({
      id: SESSION_GUARD.name,
      module: module('./session-guard/session-guard-worker.ts'),
      settings,
      heapMibMax: 256,
    }),
  ];
}

function priceFeed(config: Config): ChildSpec[] {
  const settings: PriceFeedWorkerSettings = {
    source: config.PRICE_SOURCE,
    tickMs: DEFAULT_MARKET_RULES.tickMs,
    maxGapMs: DEFAULT_MARKET_RULES.maxGapMs,
    replayPath: config.replayFile,
    seed: config.SYNTHETIC_SEED,
    venues: config.FEED_VENUES,
  };
  return [
    childSpec({
      id: PRICE_FEED.name,
      module: module('./price-feed/price-feed-worker.ts'),
      settings,
      heapMibMax: 256,
    }),
  ];
}

/** N threads on one port: the kernel spreads the connections. */
function broadcasters(config: Config): ChildSpec[] {
  const [origin = ''] = config.origins;
  const settings: BroadcasterSettings = {
    host: config.HOST,
    port: config.PORT,
    pageDir: config.pageDir,
    connectionsMax: config.CONNECTIONS_MAX,
    origins: config.origins,
    betsPerMinute: config.BETS_PER_MINUTE,
    limits: {
      burst: config.REQUEST_TOKENS,
      perSecond: config.REQUEST_TOKENS_PER_SECOND,
      connectionsPerAddressMax: config.CONNECTIONS_PER_ADDRESS_MAX,
      connectionsPerWalletMax: config.CONNECTIONS_PER_WALLET_MAX,
      upgradesPerSecond: config.UPGRADES_PER_SECOND,
      trustedProxies: config.TRUSTED_PROXIES,
    },
    serviceKeyPath: config.serviceKeyFile,
    signIn: {
      domain: new URL(origin).host,
      uri: origin,
      chainIds: config.SIGN_IN_CHAIN_IDS,
      statement: config.SIGN_IN_STATEMENT,
    },
    rules: DEFAULT_MARKET_RULES,
  };
  return Array.from({ length: config.BROADCASTER_THREADS }, (_, index) =>
    childSpec({
      id: `broadcaster-${config.EDGE_ID}-${index + 1}`,
      module: module('./broadcaster/broadcaster-worker.ts'),
      settings,
      heapMibMax: 512,
      neverTerminate: true,
    }),
  );
}

/** Of whoever may read it: see operator-routes.ts. */
export const operatorTokenPath = (config: Pick<Config, 'dataDir'>): string =>
  join(config.dataDir, 'operator.token');
export const ledgerPath = (config: Pick<Config, 'dataDir'>): string => join(config.dataDir, 'ledger.sqlite');
export const anchorPath = (config: Pick<Config, 'dataDir'>): string => join(config.dataDir, 'ledger.anchor');
export const tickLogPath = (config: Pick<Config, 'dataDir'>): string => join(config.dataDir, 'ticks.sqlite');
