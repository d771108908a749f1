/**
 * A Broadcaster on one stack: memory server, memory ports, and probes in the places of the actors it talks
 * to.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { broadcasterActor } from '../../src/actors/broadcaster/broadcaster-actor.ts';
import type { BroadcasterSettings } from '../../src/actors/broadcaster/broadcaster-settings.ts';
import type { ClientServer, HttpResponse } from '../../src/actors/broadcaster/client-server.ts';
import { MemorySharedBuckets } from '../../src/actors/broadcaster/front-door/memory-shared-buckets.ts';
import { MemoryClientRegistry } from '../../src/actors/broadcaster/memory-client-registry.ts';
import { MemoryGridCache } from '../../src/actors/broadcaster/memory-grid-cache.ts';
import {
  type MemoryRequest,
  MemoryServer,
  type MemorySocket,
} from '../../src/actors/broadcaster/memory-server.ts';
import { loadPageFiles } from '../../src/actors/broadcaster/page-files.ts';
import { MemorySessionGate } from '../../src/actors/broadcaster/sessions/memory-session-gate.ts';
import { IDENTITY_CALIBRATION } from '../../src/domain/calibration/calibration-table.ts';
import { DEFAULT_MARKET_RULES } from '../../src/domain/rules.ts';
import { ACCOUNT_EVENTS, type AccountEvent } from '../../src/protocol/account-events.ts';
import type { AccountView, BetView } from '../../src/protocol/bet-view.ts';
import { encode } from '../../src/protocol/codec.ts';
import { done } from '../../src/protocol/errors.ts';
import { HISTORY_WRITER } from '../../src/protocol/letters/history-writer.ts';
import { RESOLVER } from '../../src/protocol/letters/resolver.ts';
import { SESSION_GUARD } from '../../src/protocol/letters/session-guard.ts';
import { SESSION_TTL_SECONDS, sessionKey } from '../../src/protocol/redis-keys.ts';
import { encodeSessionRecord } from '../../src/protocol/session-token.ts';
import { type FeedLife, type MarketState, marketSignals, priceSignals } from '../../src/protocol/signals.ts';
import { ExpiringMap } from '../../src/runtime/index.ts';
import { createTestSystem } from '../../src/runtime/test-kit/create-test-system.ts';
import { START_MS, tickAt } from './market.ts';
import { SERVICE_KEY } from './proofs.ts';
import { decodeServerFrame } from './server-frames.ts';
import { randomSession, randomWallet } from './sessions.ts';

export const BETS_PER_MINUTE = 3;

export const BROADCASTER_SETTINGS: BroadcasterSettings = {
  host: '127.0.0.1',
  port: 0,
  pageDir: 'no-such-directory',
  connectionsMax: 100,
  origins: ['http://127.0.0.1:8080'],
  betsPerMinute: BETS_PER_MINUTE,
  limits: {
    burst: 100,
    perSecond: 10,
    connectionsPerAddressMax: 3,
    connectionsPerWalletMax: 5,
    upgradesPerSecond: 50,
    trustedProxies: ['10.0.0.0/8'],
  },
  serviceKeyPath: join(mkdtempSync(join(tmpdir(), 'touchline-key-')), 'service.key'),
  signIn: {
    domain: '127.0.0.1:8080',
    uri: 'http://127.0.0.1:8080',
    chainIds: [1],
    statement: 'Sign in to play.',
  },
  rules: DEFAULT_MARKET_RULES,
};

export const MARKET: MarketState = {
  symbol: 'btc:usd',
  seq: 1,
  atMs: START_MS,
  sigmaPerSqrtSecond: 0.00007,
  regime: 0,
  calibration: IDENTITY_CALIBRATION,
  rowHeightCents: 1_000,
  columnMs: DEFAULT_MARKET_RULES.columnMs,
  quality: 'ok',
  paused: false,
  rulesVersion: DEFAULT_MARKET_RULES.rulesVersion,
};

export const PLACE_BET_REQUEST = {
  symbol: 'btc:usd',
  kind: 'touch',
  opensAtMs: START_MS + 10_000,
  closesAtMs: START_MS + 15_000,
  lowCents: 6_001_000,
  highCents: 6_002_000,
  stakeMicros: '1000000',
  minMultiplier: '1.50',
} as const;

export const betView = (change: Partial<BetView> = {}): BetView => {
  const { minMultiplier: _, ...terms } = PLACE_BET_REQUEST;
  return {
    id: 'bet_1',
    wallet: randomWallet(),
    ...terms,
    multiplier: '2.00',
    payoutMicros: '2000000',
    status: 'open',
    receivedAtMs: START_MS,
    acceptedSeq: 1,
    acceptedAtMs: START_MS + 100,
    acceptedPriceCents: 6_000_500,
    sigmaPerSqrtSecond: 0.00007,
    rulesVersion: 'touch-2',
    ...change,
  };
};

export const accountView = (wallet: string, balanceMicros = '999000000'): AccountView => ({
  wallet,
  balanceMicros,
  stakedMicros: '1000000',
  openBets: 1,
});

export const FEED: FeedLife = { id: 'line', fromSeq: 1 };

export type BroadcasterFixture = Awaited<ReturnType<typeof startBroadcaster>>;

/** With any server of clients. `around` may put something around the ports that requests wait for. */
export async function startBroadcasterOn(
  server: ClientServer,
  change: Partial<BroadcasterSettings> = {},
  around: <T extends object>(port: T) => T = (port) => port,
) {
  const settings = { ...BROADCASTER_SETTINGS, ...change };
  const system = await createTestSystem({ startMs: START_MS });
  const { clock } = system;
  const sessions = new ExpiringMap(clock);
  const [registry, gridCache] = [new MemoryClientRegistry(clock), around(new MemoryGridCache(clock))];
  const resolver = await system.probe(RESOLVER);
  const guard = await system.probe(SESSION_GUARD);
  const history = await system.probe(HISTORY_WRITER);
  const gate = around(new MemorySessionGate(sessions, { betsPerMinute: settings.betsPerMinute }));
  const page = loadPageFiles(settings.pageDir);
  const id = 'broadcaster-1';
  const accountEvents = system.outbox(ACCOUNT_EVENTS);
  await accountEvents.seed('ledger', []);
  const sharedBuckets = new MemorySharedBuckets(clock, settings.limits);
  const ports = {
    server,
    gate,
    sharedBuckets,
    gridCache,
    registry,
    accountEvents,
    page,
    settings,
    key: SERVICE_KEY,
  };
  await system.start(broadcasterActor(ports), id);
  await system.idle();
  let isMarketAnswered = false;
  let eventSeq = 0;

  return {
    id,
    system,
    resolver,
    guard,
    history,
    registry,
    gridCache,
    sessions,
    /** What the Resolver was sent, without the question for the market at the start. */
    bets: () => resolver.letters.filter(({ type }) => type !== 'GetMarket'),
    async knowMarket(change: Partial<MarketState> = {}) {
      if (!isMarketAnswered) resolver.reply(done({ ...MARKET, ...change }));
      else system.signals.publish(marketSignals('btc:usd').name, { ...MARKET, ...change });
      isMarketAnswered = true;
      await system.idle();
    },
    /** `feed`: the life of the feed that shows it. */
    async tick(seq: number, change: Parameters<typeof tickAt>[1] = {}, feed: FeedLife = FEED) {
      const tick = tickAt(seq, change);
      const asked = history.letters.length;
      system.signals.publish(priceSignals('btc:usd').name, { ...tick, feed });
      await system.idle();
      // After a hole the ticks before it are asked for: there are none.
      if (history.letters.length > asked) history.reply(done({ ticks: [], more: false }));
      await system.idle();
      return tick;
    },
    async event(event: AccountEvent) {
      eventSeq += 1;
      await accountEvents.append('ledger', [{ seq: eventSeq, body: encode([event]) }]);
      await system.idle();
    },
    /** What happened before the broadcaster was there: `seq` is the number of the entry. */
    accountEvents,
    /** Events are on the stream no longer: whoever has not read them cannot any more. */
    async loseEvents() {
      eventSeq += 10;
      await accountEvents.seed('ledger', [{ seq: eventSeq, body: encode([]) }]);
      await system.idle();
    },
    signIn(wallet?: string) {
      const session = randomSession(wallet);
      sessions.set(
        sessionKey(session.record.wallet),
        encodeSessionRecord(session.record),
        SESSION_TTL_SECONDS,
      );
      return { token: session.token, wallet: session.record.wallet, expiresAtMs: session.record.expiresAtMs };
    },
    signOut: (wallet: string) => sessions.delete(sessionKey(wallet)),
  };
}

/** With the server in memory. */
export async function startBroadcaster(change: Partial<BroadcasterSettings> = {}) {
  const server = new MemoryServer();
  const broadcaster = await startBroadcasterOn(server, change);
  const { system } = broadcaster;
  return {
    ...broadcaster,
    server,
    /** A request that waits for another actor: `reply` answers it. */
    async asking(request: MemoryRequest, reply: () => void): Promise<HttpResponse> {
      const answering = server.request(request);
      await system.idle();
      reply();
      await system.idle();
      return answering;
    },
    connect: (options?: Parameters<MemoryServer['connect']>[0]) =>
      new FrameClient(server.connect(options), () => system.idle()),
  };
}

/** A client that is signed in and has its (empty) snapshots of the channels behind it. */
export async function signedInClient(
  broadcaster: BroadcasterFixture,
  channels: readonly string[] = [],
  options?: Parameters<MemoryServer['connect']>[0],
) {
  const session = broadcaster.signIn();
  const client = broadcaster.connect(options);
  await client.send({ op: 'auth', token: session.token });
  if (channels.length > 0) await client.send({ op: 'subscribe', channels });
  for (const _ of channels) {
    const isList = broadcaster.resolver.letters.at(-1)?.type === 'ListBets';
    broadcaster.resolver.reply(done(isList ? { bets: [] } : accountView(session.wallet)));
    await broadcaster.system.idle();
  }
  client.take();
  return { client, ...session };
}

export const accepted = (wallet: string, id = 'bet_1') =>
  ({
    type: 'BetAccepted',
    wallet,
    bet: betView({ id, wallet }),
    account: accountView(wallet),
    seq: 9,
  }) as const satisfies AccountEvent;

export const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

export const json = (response: HttpResponse): unknown => JSON.parse(Buffer.from(response.body).toString());

export const errorCode = (response: HttpResponse): string =>
  (json(response) as { error: { code: string } }).error.code;

/** The client's end of a memory socket, in objects. */
export class FrameClient {
  readonly socket: MemorySocket;
  readonly #idle: () => Promise<void>;

  constructor(socket: MemorySocket, idle: () => Promise<void>) {
    this.socket = socket;
    this.#idle = idle;
  }

  async send(frame: unknown): Promise<void> {
    this.sendAtOnce(frame);
    await this.#idle();
  }

  /** Without waiting for what comes of it. */
  sendAtOnce(frame: unknown): void {
    this.socket.sendToServer(this.socket.protocol === 'msgpack' ? encode(frame) : JSON.stringify(frame));
  }

  /** Every frame received since the last call. */
  take(): Record<string, unknown>[] {
    return this.socket.received.splice(0).map((frame) => {
      const value =
        this.socket.protocol === 'msgpack'
          ? decodeServerFrame(Buffer.from(frame))
          : JSON.parse(Buffer.from(frame).toString());
      return value as Record<string, unknown>;
    });
  }
}
