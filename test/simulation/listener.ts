/**
 * A client's socket: everything it is pushed must be numbered without a hole, newer than what came before,
 * about its own wallet, and true.
 */
import type { MemorySocket } from '../../src/actors/broadcaster/memory-server.ts';
import type { ServerFrame } from '../../src/protocol/api/frames.ts';
import { decode, encode } from '../../src/protocol/codec.ts';
import type { Account } from './account.ts';
import type { Network } from './network.ts';
import type { World } from './world.ts';

const READ_EVERY_MS = 250;
/** Below the limit on frames a second. */
const PINGS_PER_READ = 20;
const PING_ID = 'p'.repeat(64);
const CHANNELS = ['price', 'grid', 'bets', 'account'];

export class Listener {
  readonly #account: Account;
  readonly #world: World;
  readonly #network: Network;
  #socket: MemorySocket | undefined;
  #token: string | undefined;
  #n = 0;
  #lastTickAtMs = 0;
  #stalledUntilMs = 0;
  /** Monotonic instant of the newest price; 0 before the first. */
  heardPriceAtMs = 0;

  constructor(account: Account, world: World, network: Network) {
    this.#account = account;
    this.#world = world;
    this.#network = network;
  }

  async run(): Promise<void> {
    for (;;) {
      await this.#world.clock.delay(READ_EVERY_MS);
      if (this.#socket?.closeCode === undefined && this.#socket) this.#read(this.#socket);
      else this.#reconnect();
    }
  }

  #reconnect(): void {
    const { faults, reached } = this.#world;
    if (this.#socket) {
      this.#read(this.#socket);
      reached(`socket closed ${this.#socket.closeCode}`);
    }
    this.#socket = this.#network.connect(faults.dice.chance(0.5) ? { subprotocol: 'msgpack' } : {});
    this.#n = 0;
    this.#lastTickAtMs = 0;
    this.#token = undefined;
    if (this.#socket) this.#send({ op: 'subscribe', channels: CHANNELS });
  }

  #read(socket: MemorySocket): void {
    const { clock, faults } = this.#world;
    if (faults.isOn && clock.monotonicMs() < this.#stalledUntilMs) {
      // It does not read, but goes on asking: what it is owed piles up.
      for (let i = 0; i < PINGS_PER_READ; i += 1) this.#send({ op: 'ping', id: PING_ID });
      return;
    }
    if (this.#stalledUntilMs > 0) {
      this.#stalledUntilMs = 0;
      socket.resume();
    }
    for (const frame of socket.received.splice(0)) this.#take(this.#decode(socket, frame));
    if (socket.closeCode !== undefined) return;
    const { token } = this.#account;
    if (token !== undefined && token !== this.#token) {
      this.#token = token;
      this.#send({ op: 'auth', token });
    }
    if (faults.isOn && faults.dice.chance(0.01)) {
      socket.stall();
      this.#stalledUntilMs = clock.monotonicMs() + faults.dice.magnitude(500, 20_000);
    }
    if (faults.isOn && faults.dice.chance(0.005)) socket.end();
    if (faults.isOn && faults.dice.chance(0.003))
      for (let i = 0; i < 6; i += 1) socket.sendToServer('{"op":');
  }

  #take(frame: ServerFrame): void {
    const { judge, reached, clock } = this.#world;
    if (!('push' in frame)) {
      if (frame.ack !== 'error') return;
      reached(`answer ${frame.error.code}`);
      judge.expect(frame.error.code !== 'INTERNAL', `${frame.op} on a socket broke: INTERNAL`);
      if (frame.op === 'auth') this.#token = undefined;
      return;
    }
    judge.expect(frame.n === this.#n + 1, `a socket got push ${frame.n} after ${this.#n}`);
    this.#n = frame.n;
    switch (frame.push) {
      case 'price':
        judge.expect(frame.tick.atMs > this.#lastTickAtMs, `a socket got tick ${frame.tick.seq} too late`);
        this.#lastTickAtMs = frame.tick.atMs;
        this.heardPriceAtMs = clock.monotonicMs();
        break;
      case 'bet':
        this.#expectOwn(frame.bet.wallet);
        this.#checkBet(frame);
        break;
      case 'account':
        this.#expectOwn(frame.account.wallet);
        reached('account event pushed');
        judge.expect(Number(frame.account.balanceMicros) >= 0, 'a negative balance was shown');
        break;
      case 'signed-out':
        reached('signed out by push');
        this.#token = undefined;
        break;
      default:
    }
  }

  #expectOwn(wallet: string): void {
    const isOwn = wallet === this.#account.wallet.address;
    this.#world.judge.expect(isOwn, `a socket of ${this.#account.wallet.address} heard of ${wallet}`);
  }

  #checkBet({ event, bet }: Extract<ServerFrame, { push: 'bet' }>): void {
    const { judge } = this.#world;
    const row = judge.bet(bet.id);
    judge.expect(row !== undefined, `${bet.id} was pushed and is not in the books`);
    if (!row || event !== 'BetSettled') return;
    const isTrue = row.status === bet.status && row.settledSeq === bet.settledSeq;
    judge.expect(isTrue, `${bet.id} was told ${bet.status} at ${bet.settledSeq}, is ${row.status}`);
  }

  #send(frame: unknown): void {
    const socket = this.#socket;
    socket?.sendToServer(socket.protocol === 'msgpack' ? encode(frame) : JSON.stringify(frame));
  }

  #decode(socket: MemorySocket, frame: string | Uint8Array): ServerFrame {
    const bytes = typeof frame === 'string' ? Buffer.from(frame) : frame;
    return (
      socket.protocol === 'msgpack' ? decode(bytes) : JSON.parse(Buffer.from(bytes).toString())
    ) as ServerFrame;
  }
}
