/**
 * The Broadcaster: clients on one side, letters and signals on the other. It owns connections and nothing
 * else: what it knows of the market and of wallets is a view, and every change is somebody else's letter.
 *
 * Everything here runs outside turns, driven by clients and signals; it takes no letters itself. Any number
 * of instances run side by side, each with its own connections.
 */

import { SYMBOL } from '../../domain/tick.ts';
import { type ToldEvent, unpackAccountEvents } from '../../protocol/account-events.ts';
import type { Letter } from '../../protocol/envelope.ts';
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
import { betDesk } from './bet-desk.ts';
import type { BroadcasterSettings } from './broadcaster-settings.ts';
import { CalibrationView } from './calibration-view.ts';
import { SUBPROTOCOLS } from './client-codec.ts';
import type { ClientRegistry } from './client-registry.ts';
import type { ClientServer, ServerHandlers, UpgradeAnswer, UpgradeRequest } from './client-server.ts';
import { FanOut } from './fan-out.ts';
import type { GridCache } from './grid-cache.ts';
import { GridPublisher } from './grid-publisher.ts';
import { GridService } from './grid-service.ts';
import { refusal } from './http-answer.ts';
import { httpRoutes } from './http-routes.ts';
import { MarketView } from './market-view.ts';
import type { PageFiles } from './page-files.ts';
import { ProofDesk } from './proof-desk.ts';
import type { SessionGate } from './sessions/session-gate.ts';

export interface BroadcasterPorts {
  readonly server: ClientServer;
  readonly gate: SessionGate;
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
  readonly accounts: OutboxReader<ToldEvent>;
  readonly port: number;
}

/** A third of the registry's life, so that two lost heartbeats do no harm. */
const REGISTRY_INTERVAL_MS = 20_000;
/** With a sweep every heartbeat, a session is seen to stand at least every minute. */
const SESSION_CHECK_MS = 50_000;
const GET_MARKET_DEADLINE_MS = 3_000;

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
  const placeBet = betDesk(context, gate, proofs);
  const inBackground = backgroundWork(context);
  const fanOut = new FanOut({ context, gate, market, placeBet }, (connection) =>
    inBackground(registry.unregister(context.self, [connection])),
  );
  const gridPublisher = new GridPublisher({
    market,
    grids,
    context,
    publish: (grid) => fanOut.pushGrid(grid),
  });

  await context.subscribe(marketSignals(SYMBOL), (state) => market.takeState(state));
  await context.subscribe(feedSignals(SYMBOL), (state) => market.takeFeedState(state));
  await context.subscribe(priceSignals(SYMBOL), (tick) => {
    if (!market.takeTick(tick)) return;
    fanOut.pushTick(tick);
    gridPublisher.tick();
  });
  const accounts = readAccounts(context, ports.accountEvents, fanOut);
  await accounts.start();
  await context.subscribe(sessionSignals, ({ wallet }) => fanOut.sessionEnded(wallet));
  inBackground(askForMarket(context, market));
  // Before the first client of this life is registered.
  await registry.forget(context.self).catch(() => {});

  const handlers: ServerHandlers = {
    handle: httpRoutes({ context, settings, gate, market, grids, calibration, page, placeBet, proofs }),
    upgrade: (request) => admit(request, fanOut.size, settings),
    open: (socket, protocol) => {
      const session = fanOut.open(socket, protocol === 'msgpack' ? 'msgpack' : 'json');
      inBackground(registry.register(context.self, [session.connection]));
      return session;
    },
  };
  const port = await server.listen(handlers, context);
  context.log.info({ host: settings.host, port }, 'listening');

  context.every(HEARTBEAT_INTERVAL_MS, () => {
    const nowMs = context.clock.nowMs();
    fanOut.heartbeat(nowMs);
    fanOut.recheck(nowMs - SESSION_CHECK_MS);
    context.metrics.gauge('ws_connections', fanOut.size);
  });
  context.every(REGISTRY_INTERVAL_MS, () => {
    if (fanOut.size > 0) inBackground(registry.register(context.self, fanOut.connections()));
  });
  return { fanOut, accounts, port };
}

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

/** Nothing is told to wallets that are not connected, so reading begins where the stream ends. */
const readAccounts = (context: ActorContext, stream: OutboxStream, fanOut: FanOut): OutboxReader<ToldEvent> =>
  new OutboxReader<ToldEvent>({
    stream,
    from: 'end',
    onEvents: (events) => {
      for (const told of events) for (const event of unpackAccountEvents(told)) fanOut.deliver(event);
    },
    onGap: (gap) => {
      context.log.warn(gap, 'account events were missed; connections are shown the state anew');
      fanOut.showAnew();
    },
    fail: (error) => context.fail(error),
    clock: context.clock,
    metrics: context.metrics,
  });

/** The Resolver publishes its state every second; this only makes the first one come sooner. */
async function askForMarket(context: ActorContext, market: MarketView): Promise<void> {
  const asked = await context.ask(
    RESOLVER,
    { type: 'GetMarket', body: {} },
    { deadlineMs: GET_MARKET_DEADLINE_MS },
  );
  if (asked.ok && asked.reply.ok) market.takeState(asked.reply.value);
}

function admit(request: UpgradeRequest, connections: number, settings: BroadcasterSettings): UpgradeAnswer {
  const { origin, protocols } = request;
  if (origin !== undefined && !settings.origins.includes(origin)) {
    return { accept: false, response: refusal('ORIGIN_REFUSED') };
  }
  if (connections >= settings.connectionsMax)
    return { accept: false, response: refusal('TOO_MANY_CONNECTIONS') };
  const protocol = protocols.find((offered) => SUBPROTOCOLS.some((known) => known === offered));
  return { accept: true, ...(protocol === undefined ? {} : { protocol }) };
}

/** Bookkeeping that may fail without harm: nobody waits for it, failures are counted. */
const backgroundWork =
  ({ metrics }: ActorContext) =>
  (work: Promise<void>): void => {
    work.catch(() => metrics.count('background_failures_total'));
  };
