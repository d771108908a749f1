/**
 * A Broadcaster and a Resolver on one stack, joined as in the real system, for what is hard to bring about
 * over the wire: a degraded feed, full caps, a house that is nearly broke, an actor that is down. The actors
 * are the real ones; SessionGuard and HistoryWriter are probes, which answer as the test says.
 */
import { broadcasterActor } from '../../../src/actors/broadcaster/broadcaster-actor.ts';
import { MemorySharedBuckets } from '../../../src/actors/broadcaster/front-door/memory-shared-buckets.ts';
import { MemoryClientRegistry } from '../../../src/actors/broadcaster/memory-client-registry.ts';
import { MemoryGridCache } from '../../../src/actors/broadcaster/memory-grid-cache.ts';
import { type MemoryRequest, MemoryServer } from '../../../src/actors/broadcaster/memory-server.ts';
import { loadPageFiles } from '../../../src/actors/broadcaster/page-files.ts';
import { MemorySessionGate } from '../../../src/actors/broadcaster/sessions/memory-session-gate.ts';
import { ACCOUNT_EVENTS } from '../../../src/protocol/account-events.ts';
import { HISTORY_WRITER } from '../../../src/protocol/letters/history-writer.ts';
import { SESSION_GUARD } from '../../../src/protocol/letters/session-guard.ts';
import { SESSION_TTL_SECONDS, sessionKey } from '../../../src/protocol/redis-keys.ts';
import { encodeSessionRecord } from '../../../src/protocol/session-token.ts';
import { priceSignals } from '../../../src/protocol/signals.ts';
import { ExpiringMap } from '../../../src/runtime/index.ts';
import { createTestSystem } from '../../../src/runtime/test-kit/create-test-system.ts';
import { BROADCASTER_SETTINGS, FrameClient } from '../broadcaster-fixture.ts';
import { START_MS } from '../market.ts';
import { SERVICE_KEY } from '../proofs.ts';
import { ResolverRig, type RigOptions, startRig, type TickChange } from '../resolver-rig.ts';
import { randomSession } from '../sessions.ts';
import type { ApiObserver } from './api-observer.ts';
import type { SocketObserver } from './socket-observer.ts';

const BETS_PER_MINUTE = 100;

export type SmallSystem = Awaited<ReturnType<typeof startSmallSystem>>;

export interface Observers {
  readonly http: ApiObserver;
  readonly socket: SocketObserver;
}

export async function startSmallSystem(
  observers: Observers,
  options: RigOptions = {},
  { hasPrice = true } = {},
) {
  const rig = hasPrice ? await startRig(options) : await startWithoutPrice(options);
  const { system } = rig;
  const { clock } = system;
  const sessions = new ExpiringMap(clock);
  const server = new MemoryServer();
  const guard = await system.probe(SESSION_GUARD);
  const history = await system.probe(HISTORY_WRITER);
  const settings = { ...BROADCASTER_SETTINGS, rules: rig.rules, betsPerMinute: BETS_PER_MINUTE };
  const ports = {
    ...{ server, settings, page: loadPageFiles(settings.pageDir), key: SERVICE_KEY },
    gate: new MemorySessionGate(sessions, settings),
    sharedBuckets: new MemorySharedBuckets(clock, settings.limits),
    gridCache: new MemoryGridCache(clock),
    registry: new MemoryClientRegistry(clock),
    accountEvents: system.outbox(ACCOUNT_EVENTS),
  };
  await system.start(broadcasterActor(ports), 'broadcaster-1');
  await system.idle();

  const request = async (asked: MemoryRequest): Promise<{ status: number; body: unknown }> => {
    const response = await server.request(asked);
    const text = Buffer.from(response.body).toString();
    const headers = Object.fromEntries(
      Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const body = headers['content-type']?.startsWith('application/json') ? JSON.parse(text) : text;
    const { status } = response;
    observers.http.observe({ method: asked.method ?? 'GET', path: asked.path, status, headers, body });
    return { status, body };
  };
  return {
    rig,
    system,
    server,
    guard,
    history,
    request,
    /** A socket, signed in if there are headers that act for somebody. */
    async socket(headers: Readonly<Record<string, string>> = {}): Promise<FrameClient> {
      const client = new FrameClient(server.connect(), () => system.idle());
      const token = headers['authorization']?.slice('Bearer '.length);
      if (token !== undefined) await client.send({ op: 'auth', token });
      return client;
    },
    /** What the socket received is as documented; it is closed. */
    observeSocket(client: FrameClient): void {
      for (const frame of client.take()) observers.socket.observe(frame);
      client.socket.end();
    },
    /** A signed-in wallet; headers that act for it. */
    async player({ hasAccount = true } = {}): Promise<Readonly<Record<string, string>>> {
      const { token, record } = randomSession();
      sessions.set(sessionKey(record.wallet), encodeSessionRecord(record), SESSION_TTL_SECONDS);
      if (hasAccount) await rig.openAccount(record.wallet);
      return { authorization: `Bearer ${token}` };
    },
    /** Ticks that everybody hears of. */
    async ticks(count: number, change: TickChange = {}): Promise<void> {
      for (let i = 0; i < count; i += 1) {
        const tick = await rig.tick(change);
        system.signals.publish(priceSignals('btc:usd').name, tick);
        await system.idle();
      }
    },
  };
}

async function startWithoutPrice(options: RigOptions): Promise<ResolverRig> {
  const rig = new ResolverRig(await createTestSystem({ startMs: START_MS }), options);
  await rig.start();
  return rig;
}
