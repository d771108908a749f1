/**
 * A client's socket: everything it is pushed must be numbered without a hole, newer than what came before,
 * about its own wallet, and true. Bets are placed over it too; each of its answers comes once or not at all.
 */
import type { MemorySocket } from '../../src/actors/broadcaster/memory-server.ts';
import type { AnswerFrame, ServerFrame } from '../../src/protocol/api/frames.ts';
import type { PlaceBetRequest } from '../../src/protocol/api/place-bet-request.ts';
import { encode } from '../../src/protocol/codec.ts';
import { decodeServerFrame } from '../support/server-frames.ts';
import type { Account } from './account.ts';
import { HeardOutcomes } from './heard-outcomes.ts';
import { type Answer, type Network, PATIENCE_MS } from './network.ts';
import type { World } from './world.ts';

const READ_EVERY_MS = 250;
/** Below the limit on frames a second. */
const PINGS_PER_READ = 20;
const PING_ID = 'p'.repeat(64);
const CHANNELS = ['price', 'grid', 'bets', 'account'];

interface Told {
  /** The newest tick when it was signed in: of what comes after it hears everything. */
  readonly sinceSeq: number;
  readonly settled: Set<string>;
  balanceMicros: number | undefined;
}

export class Listener {
  readonly #account: Account;
  readonly #world: World;
  readonly #network: Network;
  #socket: MemorySocket | undefined;
  #token: string | undefined;
  #n = 0;
  #lastTickAtMs = 0;
  #stalledUntilMs = 0;
  #placed = 0;
  /** Bets on this connection that have no answer yet. */
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  /** What this connection was told since it was signed in; undefined while it is not. */
  #told: Told | undefined;
  readonly #outcomes = new HeardOutcomes();
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

  /** What this connection should know by now and does not; undefined if there is nothing. */
  get ignorance(): string | undefined {
    const { judge } = this.#world;
    const { address } = this.#account.wallet;
    const told = this.#told;
    if (!told || !this.isConnected) return undefined;
    const balance = judge.balanceOf(address);
    if (told.balanceMicros !== balance)
      return `${address} was told it has ${told.balanceMicros} and has ${balance}`;
    const untold = judge
      .betsOf(address)
      .find(
        ({ id, settledSeq }) => settledSeq !== null && settledSeq > told.sinceSeq && !told.settled.has(id),
      );
    return untold && `${address} was never told what became of ${untold.id}`;
  }

  get isConnected(): boolean {
    return this.#socket !== undefined && this.#socket.closeCode === undefined;
  }

  /** Bets that were settled while this connection was signed in, and that it has not heard of. */
  unheardOutcomes(): string[] {
    if (!this.isConnected) return [];
    return this.#outcomes.missing(this.#world.judge.betsOf(this.#account.wallet.address));
  }

  /** Over this connection; lost if it ends first, or if the client loses patience, which may end it. */
  place(idempotencyKey: string, bet: PlaceBetRequest): Promise<Answer> {
    const { faults, clock } = this.#world;
    const socket = this.#socket;
    this.#authenticate();
    this.#placed += 1;
    const id = this.#placed;
    const isAborted = faults.strikes('client-aborts', 'place');
    const patienceMs = isAborted ? faults.dice.int(0, 200) : PATIENCE_MS;
    return new Promise((resolve) => {
      const settle = (answer: Answer): void => {
        timer.cancel();
        this.#waiting.delete(id);
        resolve(answer);
      };
      const timer = clock.after(patienceMs, () => {
        if (isAborted && faults.dice.chance(0.5)) socket?.end();
        settle(this.#network.lost());
      });
      this.#waiting.set(id, settle);
      this.#send({ op: 'place', id, idempotencyKey, bet });
    });
  }

  #reconnect(): void {
    const { faults, reached } = this.#world;
    if (this.#socket) {
      this.#read(this.#socket);
      reached(`socket closed ${this.#socket.closeCode}`);
    }
    for (const settle of this.#waiting.values()) settle(this.#network.lost());
    this.#socket = this.#network.connect(faults.dice.chance(0.5) ? { subprotocol: 'msgpack' } : {});
    this.#n = 0;
    this.#lastTickAtMs = 0;
    this.#outcomes.disconnected();
    this.#token = undefined;
    this.#told = undefined;
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
    for (const bytes of socket.received.splice(0)) {
      const frame = this.#decode(socket, bytes);
      // A connection loses an answer only by ending, and then all that would have come after it.
      if ('ack' in frame && faults.strikes('answer-lost', `${frame.ack} on a socket`)) {
        socket.end();
        return;
      }
      this.#take(frame);
    }
    if (socket.closeCode !== undefined) return;
    this.#authenticate();
    if (faults.isOn && faults.dice.chance(0.01)) {
      socket.stall();
      this.#stalledUntilMs = clock.monotonicMs() + faults.dice.magnitude(500, 20_000);
    }
    if (faults.isOn && faults.dice.chance(0.005)) socket.end();
    if (faults.isOn && faults.dice.chance(0.003))
      for (let i = 0; i < 6; i += 1) socket.sendToServer('{"op":');
  }

  /** Every session once, as soon as there is one. */
  #authenticate(): void {
    const { token } = this.#account;
    if (token === undefined || token === this.#token) return;
    this.#token = token;
    this.#told = undefined;
    this.#outcomes.signingIn();
    this.#send({ op: 'auth', token });
  }

  #takeAnswer(frame: AnswerFrame): void {
    if (frame.ack === 'auth' || (frame.ack === 'error' && frame.op === 'auth'))
      this.#outcomes.signInAnswered(frame.ack === 'auth', this.#world.judge.head?.seq ?? 0);
    if (frame.ack === 'error') {
      this.#network.noteRefusal(`${frame.op} on a socket`, frame.error);
      if (frame.op === 'auth' || frame.error.code === 'UNAUTHENTICATED') this.#token = undefined;
    }
    if (frame.ack === 'auth') {
      const sinceSeq = this.#world.judge.head?.seq ?? 0;
      this.#told = { sinceSeq, settled: new Set(), balanceMicros: undefined };
    }
    const settle = this.#waiting.get(Number(frame.id));
    if (frame.ack === 'place') settle?.({ status: 200, body: frame.bet });
    if (frame.ack === 'error' && frame.op === 'place')
      settle?.({ status: 400, body: { error: frame.error }, error: frame.error });
  }

  #take(frame: ServerFrame): void {
    const { judge, reached, clock } = this.#world;
    if (!('push' in frame)) {
      this.#takeAnswer(frame);
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
        if (this.#told) this.#told.balanceMicros = Number(frame.account.balanceMicros);
        break;
      case 'signed-out':
        reached('signed out by push');
        this.#outcomes.signedOut();
        this.#token = undefined;
        this.#told = undefined;
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
    const isOld = event === 'BetAccepted' && this.#told?.settled.has(bet.id) === true;
    judge.expect(!isOld, `${bet.id} was shown as open after it was shown as settled`);
    if (event === 'BetSettled') this.#told?.settled.add(bet.id);
    if (!row || event !== 'BetSettled') return;
    this.#outcomes.hear(bet.id);
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
      socket.protocol === 'msgpack' ? decodeServerFrame(bytes) : JSON.parse(Buffer.from(bytes).toString())
    ) as ServerFrame;
  }
}
