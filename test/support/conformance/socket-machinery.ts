/**
 * What the machinery answers on a socket: frames that are none, too many, no session, actors that are
 * away.
 */

import { MemoryServer } from '../../../src/actors/broadcaster/memory-server.ts';
import { FRAME_ERRORS } from '../../../src/protocol/api/documented-errors.ts';
import type { ErrorCode } from '../../../src/protocol/errors.ts';
import { refused } from '../../../src/protocol/errors.ts';
import { HISTORY_WRITER } from '../../../src/protocol/letters/history-writer.ts';
import { RESOLVER } from '../../../src/protocol/letters/resolver.ts';
import { SESSION_GUARD } from '../../../src/protocol/letters/session-guard.ts';
import {
  BROADCASTER_SETTINGS,
  type BroadcasterFixture,
  FrameClient,
  PLACE_BET_REQUEST,
  startBroadcaster,
  startBroadcasterOn,
} from '../broadcaster-fixture.ts';
import type { SocketObserver } from './socket-observer.ts';

const TOO_LONG_MS = 6_000;
const SECOND_MS = 1_000;
const FRAMES_PER_SECOND_MAX = 100;
const UNDER_WAY_MAX = 32;
/** So many that the rate is not what refuses. */
const BETS_PER_MINUTE = 100;
const ACTORS = [RESOLVER, SESSION_GUARD, HISTORY_WRITER];
const { minMultiplier: _, ...CELL } = PLACE_BET_REQUEST;

type Frame = Readonly<Record<string, unknown>>;

/** One that is answered by somebody else, for each op of that kind. */
const ASKING: readonly Frame[] = [
  { op: 'place', idempotencyKey: 'k', bet: PLACE_BET_REQUEST },
  { op: 'place-batch', bets: [{ idempotencyKey: 'k', bet: PLACE_BET_REQUEST }] },
  { op: 'quote', cells: [CELL] },
  { op: 'account' },
  { op: 'bets' },
];

const opsWith = (code: ErrorCode): Frame[] =>
  ASKING.filter(({ op }) => FRAME_ERRORS[op as keyof typeof FRAME_ERRORS].includes(code));

/** Sends and observes what comes back, however long it takes. */
class Asker {
  readonly #observer: SocketObserver;
  readonly #broadcaster: Pick<BroadcasterFixture, 'system'>;
  readonly client: FrameClient;

  constructor(
    observer: SocketObserver,
    broadcaster: Pick<BroadcasterFixture, 'system'>,
    client: FrameClient,
  ) {
    this.#observer = observer;
    this.#broadcaster = broadcaster;
    this.client = client;
  }

  async send(frame: Frame): Promise<void> {
    await this.client.send(frame);
    this.read();
  }

  async sendAndWait(frame: Frame): Promise<void> {
    await this.client.send(frame);
    await this.#broadcaster.system.advance(TOO_LONG_MS);
    this.read();
  }

  read(): void {
    for (const frame of this.client.take()) this.#observer.observe(frame);
  }
}

export async function socketMachinery(observer: SocketObserver): Promise<void> {
  const broadcaster = await startBroadcaster({ betsPerMinute: BETS_PER_MINUTE });
  await broadcaster.knowMarket();
  await malformedFrames(observer, broadcaster);
  const { token } = broadcaster.signIn();
  const asker = new Asker(observer, broadcaster, broadcaster.connect());
  for (const frame of [...ASKING, { op: 'auth', token: 'nobody' }]) await asker.sendAndWait(frame);
  await asker.send({ op: 'subscribe', channels: ['bets'], since: { epoch: 'e', seq: 1 } });
  await asker.send({ op: 'auth', token });
  for (const frame of opsWith('OUTCOME_UNKNOWN')) await asker.sendAndWait(frame);
  for (const { name } of ACTORS) await broadcaster.system.postOffice.statusBoard.down(name);
  for (const frame of opsWith('ACTOR_RESTARTING')) await asker.sendAndWait(frame);
  for (const { name } of ACTORS) await broadcaster.system.postOffice.statusBoard.up(name);
  for (let i = 0; i < UNDER_WAY_MAX; i += 1) await asker.client.send({ op: 'account' });
  for (const frame of [...ASKING, { op: 'auth', token }]) await asker.send(frame);
  await broadcaster.system.advance(TOO_LONG_MS);
  asker.read();
  await tooManyFrames(observer, broadcaster);
  await tooManySockets(observer, broadcaster);
  await signedOut(observer, broadcaster);
  await endings(observer, broadcaster);
  await failingGates(observer);
  await defects(observer);
}

/** Every op with a field too many, and what is no frame. */
async function malformedFrames(observer: SocketObserver, broadcaster: BroadcasterFixture): Promise<void> {
  for (const op of Object.keys(FRAME_ERRORS)) {
    const asker = new Asker(observer, broadcaster, broadcaster.connect());
    await asker.send({ op, nobody: 'asked', id: 1 });
    await asker.send({ op: 'no-such-op', id: 2 });
    asker.client.socket.end();
  }
}

async function tooManyFrames(observer: SocketObserver, broadcaster: BroadcasterFixture): Promise<void> {
  const asker = new Asker(observer, broadcaster, broadcaster.connect());
  for (let i = 0; i <= FRAMES_PER_SECOND_MAX; i += 1) await asker.client.send({ op: 'ping' });
  asker.read();
  await broadcaster.system.advance(SECOND_MS);
}

async function tooManySockets(observer: SocketObserver, broadcaster: BroadcasterFixture): Promise<void> {
  const { token } = broadcaster.signIn();
  for (let i = 0; i <= BROADCASTER_SETTINGS.limits.connectionsPerWalletMax; i += 1) {
    const asker = new Asker(observer, broadcaster, broadcaster.connect());
    await asker.send({ op: 'auth', token });
  }
}

async function signedOut(observer: SocketObserver, broadcaster: BroadcasterFixture): Promise<void> {
  const { token, wallet } = broadcaster.signIn();
  const asker = new Asker(observer, broadcaster, broadcaster.connect());
  await asker.send({ op: 'auth', token });
  broadcaster.signOut(wallet);
  await asker.sendAndWait({ op: 'place', idempotencyKey: 'k', bet: PLACE_BET_REQUEST });
}

async function endings(observer: SocketObserver, broadcaster: BroadcasterFixture): Promise<void> {
  const asker = new Asker(observer, broadcaster, broadcaster.connect());
  await broadcaster.system.stop(broadcaster.id);
  asker.read();
}

/** A store of sessions that cannot be reached, and one that breaks. */
async function failingGates(observer: SocketObserver): Promise<void> {
  const away = async () => refused('ACTOR_RESTARTING');
  const broken = async () => {
    throw new Error('a defect');
  };
  for (const check of [away, broken]) {
    const server = new MemoryServer();
    const broadcaster = await startBroadcasterOn(server, {}, (port) =>
      'checkBets' in port ? ({ check, checkBet: check, checkBets: check } as never) : port,
    );
    const client = new FrameClient(server.connect(), () => broadcaster.system.idle());
    await new Asker(observer, broadcaster, client).send({ op: 'auth', token: 'anybody' });
  }
}

/** A Resolver that answers what no Resolver answers. */
async function defects(observer: SocketObserver): Promise<void> {
  const broadcaster = await startBroadcaster();
  await broadcaster.knowMarket();
  const asker = new Asker(observer, broadcaster, broadcaster.connect());
  await asker.send({ op: 'auth', token: broadcaster.signIn().token });
  for (const frame of ASKING) {
    await asker.client.send(frame);
    broadcaster.resolver.reply(null);
    await broadcaster.system.idle();
    asker.read();
  }
}
