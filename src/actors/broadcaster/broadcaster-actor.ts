/**
 * The Broadcaster: clients on one side, letters and signals on the other. It owns connections and nothing
 * else: what it knows of the market and of wallets is a view, and every change is somebody else's letter.
 *
 * Everything here runs outside turns, driven by clients and signals; it takes no letters itself. Any number
 * of instances run side by side, each with its own connections.
 */

import { SYMBOL } from '../../domain/tick.ts';
import type { StoredEvent } from '../../protocol/account-events.ts';
import type { GridView } from '../../protocol/api/frames.ts';
import type { Letter } from '../../protocol/envelope.ts';
import { HISTORY_WRITER } from '../../protocol/letters/history-writer.ts';
import { RESOLVER } from '../../protocol/letters/resolver.ts';
import { HEARTBEAT_INTERVAL_MS } from '../../protocol/limits.ts';
import { feedSignals, marketSignals, priceSignals, sessionSignals } from '../../protocol/signals.ts';
import {
  type ActorContext,
  type ActorDefinition,
  defineActor,
  OutboxReader,
  type OutboxStream,
  type ServiceKey,
} from '../../runtime/index.ts';
import { batchDesk } from './batch-desk.ts';
import { betDesk } from './bet-desk.ts';
import type { BroadcasterSettings } from './broadcaster-settings.ts';
import { CalibrationView } from './calibration-view.ts';
import type { ClientRegistry } from './client-registry.ts';
import type { ClientServer, ServerHandlers } from './client-server.ts';
import { GeneratedDocuments } from './documents/documents.ts';
import { FanOut } from './fan-out.ts';
import { AddressLimits } from './front-door/address-limits.ts';
import { admit } from './front-door/admission.ts';
import type { SharedBuckets } from './front-door/shared-buckets.ts';
import type { GridCache } from './grid-cache.ts';
import { GridPublisher } from './grid-publisher.ts';
import { GridService } from './grid-service.ts';
import { httpRoutes } from './http-routes.ts';
import { MarketView } from './market-view.ts';
import type { PageFiles } from './page-files.ts';
import { ProofDesk } from './proof-desk.ts';
import { QuoteDesk } from './quote-desk.ts';
import { lastPosOf, RecentEvents } from './recent-events.ts';
import { RECENT_TICKS_MAX, RecentTicks } from './recent-ticks.ts';
import { ROUTES } from './routes/route-table.ts';
import type { SessionGate } from './sessions/session-gate.ts';

export interface BroadcasterPorts {
  readonly server: ClientServer;
  readonly gate: SessionGate;
  readonly sharedBuckets: SharedBuckets;
  readonly gridCache: GridCache;
  readonly registry: ClientRegistry;
  /** What happened to wallets: each event, in order. */
  readonly accountEvents: OutboxStream;
  readonly page: PageFiles;
  /** Signs receipts. */
  readonly key: ServiceKey;
  readonly settings: BroadcasterSettings;
}

export interface BroadcasterState {
  readonly fanOut: FanOut;
  readonly accounts: OutboxReader<StoredEvent>;
  readonly port: number;
}

/** A third of the registry's life, so that two lost heartbeats do no harm. */
const REGISTRY_INTERVAL_MS = 20_000;
/** With a sweep every heartbeat, a session is seen to stand at least every minute. */
const SESSION_CHECK_MS = 50_000;
const GET_MARKET_DEADLINE_MS = 3_000;
const READ_TICKS_DEADLINE_MS = 3_000;
/** As many as are kept, at ten a second. */
const RECENT_TICKS_MS = RECENT_TICKS_MAX * 100;
/** Of the outbox stream, at the start. */
const RECENT_ENTRIES_MAX = 256;

export const broadcasterActor = (ports: BroadcasterPorts): ActorDefinition<Letter, BroadcasterState> =>
  defineActor({
    name: 'broadcaster',
    start: (context) => startBroadcaster(context, ports),
    receive: (_state, letters, { metrics }) => metrics.count('unexpected_letters_total', {}, letters.length),
    stop: (state, context) => stopBroadcaster(state, context, ports),
  });

async function startBroadcaster(context: ActorContext, ports: BroadcasterPorts): Promise<BroadcasterState> {
  const { settings, gate, registry, page, server } = ports;
  const market = new MarketView(settings.rules.maxGapMs);
  const grids = new GridService(ports.gridCache, settings.rules, context.metrics);
  const calibration = new CalibrationView(context);
  const proofs = new ProofDesk(context, ports.key);
  const desks = openDesks(context, gate, proofs);
  const inBackground = backgroundWork(context);
  const { sharedBuckets: shared } = ports;
  const limits = new AddressLimits({ ...context, settings: settings.limits, shared });
  const recentTicks = new RecentTicks();
  const recentEvents = new RecentEvents();
  const fanOut = new FanOut(
    { context, gate, market, recentTicks, recentEvents, desks: { context, ...desks } },
    {
      perWalletMax: settings.limits.connectionsPerWalletMax,
      onClose: (connection) => {
        limits.closed(connection);
        inBackground(registry.unregister(context.self, [connection]));
      },
    },
  );
  const publish = (grid: GridView): void => fanOut.pushGrid(grid);
  const gridPublisher = new GridPublisher({ market, grids, context, publish });

  await context.subscribe(marketSignals(SYMBOL), (state) => market.takeState(state));
  await context.subscribe(feedSignals(SYMBOL), (state) => market.takeFeedState(state));
  await context.subscribe(priceSignals(SYMBOL), ({ feed, ...tick }) => {
    if (!market.takeTick(tick)) return;
    const isWhole = fanOut.pushTick(tick, feed);
    if (!isWhole) inBackground(fillInTicks(context, recentTicks));
    gridPublisher.tick();
  });
  const accounts = await readAccounts(context, ports.accountEvents, fanOut, recentEvents);
  await context.subscribe(sessionSignals, ({ wallet }) => fanOut.sessionEnded(wallet));
  inBackground(askForMarket(context, market));
  // Before the first client of this life is registered.
  await registry.forget(context.self).catch(() => {});

  const handlers: ServerHandlers = {
    handle: httpRoutes({
      ...{ context, settings, gate, limits, market, grids, calibration, page, proofs },
      ...desks,
      documents: new GeneratedDocuments(ROUTES, settings.signIn.uri),
    }),
    upgrade: (request) => admit(request, { connections: fanOut.size, limits, settings }),
    open: (socket, client) => {
      const session = fanOut.open(socket, client.protocol === 'msgpack' ? 'msgpack' : 'json');
      limits.opened(session.connection, client.address);
      inBackground(registry.register(context.self, [session.connection]));
      if (client.token !== undefined) session.signIn(client.token);
      return session;
    },
  };
  const port = await server.listen(handlers, context);
  context.log.info({ host: settings.host, port }, 'listening');

  context.every(HEARTBEAT_INTERVAL_MS, () => {
    const nowMs = context.clock.nowMs();
    fanOut.heartbeat(nowMs);
    fanOut.recheck(nowMs - SESSION_CHECK_MS);
    if (recentTicks.isShort) inBackground(fillInTicks(context, recentTicks));
    context.metrics.gauge('ws_connections', fanOut.size);
  });
  context.every(REGISTRY_INTERVAL_MS, () => {
    if (fanOut.size > 0) inBackground(registry.register(context.self, fanOut.connections()));
  });
  return { fanOut, accounts, port };
}

/** Where requests of clients become letters, the same for HTTP and sockets. */
const openDesks = (context: ActorContext, gate: SessionGate, proofs: ProofDesk) => ({
  placeBet: betDesk(context, gate, proofs),
  placeBets: batchDesk(context, gate, proofs),
  quotes: new QuoteDesk(context),
});

/** Answers under way leave first, then everybody is told to come back elsewhere, then the door is shut. */
async function stopBroadcaster(
  { fanOut, accounts }: BroadcasterState,
  context: ActorContext,
  ports: BroadcasterPorts,
): Promise<void> {
  ports.server.stopListening();
  fanOut.announceShutdown(context.random);
  await fanOut.idle();
  accounts.close();
  fanOut.closeAll();
  await ports.server.close();
  await ports.registry.forget(context.self).catch(() => {});
}

/** Nobody is connected yet: what happened lately is kept for those who come back. */
async function readAccounts(
  context: ActorContext,
  stream: OutboxStream,
  fanOut: FanOut,
  recent: RecentEvents,
): Promise<OutboxReader<StoredEvent>> {
  const reader = new OutboxReader<StoredEvent>({
    stream,
    from: 'end',
    recentEntriesMax: RECENT_ENTRIES_MAX,
    onEvents: (events, { log, seq }) => fanOut.deliver(recent.add(log, seq, events)),
    onGap: (gap) => {
      context.log.warn(gap, 'account events were missed; connections are shown the state anew');
      const { position } = reader;
      if (position) recent.begin({ epoch: position.log, seq: lastPosOf(gap.upToSeq) });
      fanOut.showAnew();
    },
    fail: (error) => context.fail(error),
    clock: context.clock,
    metrics: context.metrics,
  });
  await reader.start();
  const { position } = reader;
  const start = position && { epoch: position.log, seq: lastPosOf(position.seq) };
  // It may be that not all of the recent ones could be read.
  if (start && !recent.isAt(start)) recent.begin(start);
  return reader;
}

/** Ticks before the first one heard of, for clients that come back from before it. */
async function fillInTicks(context: ActorContext, recent: RecentTicks): Promise<void> {
  const { first } = recent;
  if (!first) return;
  const range = { fromMs: first.atMs - RECENT_TICKS_MS, toMs: first.atMs - 1, limit: RECENT_TICKS_MAX };
  const asked = await context.ask(
    HISTORY_WRITER,
    { type: 'ReadTicks', body: range },
    { deadlineMs: READ_TICKS_DEADLINE_MS },
  );
  if (asked.ok && asked.reply.ok) recent.fillIn(asked.reply.value.ticks);
}

/** The Resolver publishes its state every second; this only makes the first one come sooner. */
async function askForMarket(context: ActorContext, market: MarketView): Promise<void> {
  const asked = await context.ask(
    RESOLVER,
    { type: 'GetMarket', body: {} },
    { deadlineMs: GET_MARKET_DEADLINE_MS },
  );
  if (asked.ok && asked.reply.ok) market.takeState(asked.reply.value);
}

/** Bookkeeping that may fail without harm: nobody waits for it, failures are counted. */
const backgroundWork =
  ({ metrics }: ActorContext) =>
  (work: Promise<void>): void => {
    work.catch(() => metrics.count('background_failures_total'));
  };
