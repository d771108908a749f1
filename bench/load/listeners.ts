/**
 * Many WebSockets that only listen, on bare sockets, in a process of their own: they count frames by their
 * lengths and look at nothing else, so that what is measured is whoever sends.
 *
 * Arguments: port, how many sockets, what they say to be sent ticks (`GREETINGS`). Opens as many as it is
 * told to (`open`) and says how many listen (`listening`), and `ready` when all do; who is cut off comes
 * back, trying every 50 ms. Every few ms it says how many ticks came (`received`) since it was
 * told to `mark`. Told to `times`, it says when each tick came, ms of the system's monotonic clock,
 * socket by socket.
 */
import { connect, type Socket } from 'node:net';

const [port = 0, sockets = 0] = process.argv.slice(2, 4).map(Number);
const kind = process.argv[4] ?? 'plain';
const TICKS_TIMED_MAX = 2_000;
const OPENING_AT_ONCE = 200;
const REPORT_MS = 4;
/** Heartbeats are shorter. */
const TICK_BYTES_MIN = 120;
const RETRY_MS = 50;
const HEAD_END = '\r\n\r\n';
const PING = 9;
const PONG_FRAME = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

interface Greeting {
  readonly path: string;
  readonly subprotocol?: string;
  /** Frames sent in this order, each after one came in answer to the one before. */
  readonly frames: readonly Buffer[];
  /** Frames that come before it listens. */
  readonly answers: number;
}

const text = (payload: string): Buffer => frame(0x81, Buffer.from(payload));

function frame(opcode: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([opcode, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

const MQTT_CONNECT = Buffer.from([...[0x10, 0x0c, 0, 4, ...Buffer.from('MQTT'), 4, 2, 0, 0, 0, 0]]);
const MQTT_SUBSCRIBE = Buffer.from([0x82, 0x0a, 0, 1, 0, 5, ...Buffer.from('price'), 0]);

const GREETINGS: Readonly<Record<string, Greeting>> = {
  plain: { path: '/', frames: [], answers: 0 },
  touchline: {
    path: '/v1/ws',
    frames: [text('{"op":"subscribe","channels":["price"]}')],
    answers: 1,
  },
  'socket.io': { path: '/socket.io/?EIO=4&transport=websocket', frames: [text('40')], answers: 2 },
  mqtt: {
    path: '/mqtt',
    subprotocol: 'mqtt',
    frames: [frame(0x82, MQTT_CONNECT), frame(0x82, MQTT_SUBSCRIBE)],
    answers: 2,
  },
};
const greeting = GREETINGS[kind] ?? { path: '/', frames: [], answers: 0 };
/** Asks whether the other side is there, in Socket.IO's way. */
const ENGINE_PING_LENGTH = 1;
const ENGINE_PONG = text('3');

let received = 0;
let isTiming = false;
let arrivals: number[][] = [];

const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Finds the frames of one connection without keeping any of its bytes but those of a cut header. */
class FrameCounter {
  #header: number[] = [];
  #left = 0;
  #opcode = 0;
  readonly #onFrame: (opcode: number, length: number) => void;
  #length = 0;

  constructor(onFrame: (opcode: number, length: number) => void) {
    this.#onFrame = onFrame;
  }

  take(chunk: Uint8Array, end: number): void {
    let at = 0;
    while (at < end) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, end - at);
        this.#left -= taken;
        at += taken;
        if (this.#left === 0) this.#onFrame(this.#opcode, this.#length);
        continue;
      }
      this.#header.push(chunk[at] ?? 0);
      at += 1;
      this.#readHeader();
    }
  }

  #readHeader(): void {
    const [first = 0, short = 0] = this.#header;
    if (this.#header.length < 2) return;
    const bytes = short < 126 ? 0 : short === 126 ? 2 : 8;
    if (this.#header.length < 2 + bytes) return;
    let length = bytes === 0 ? short : 0;
    for (const byte of this.#header.slice(2)) length = length * 256 + byte;
    this.#opcode = first & 0x0f;
    this.#length = length;
    this.#left = length;
    this.#header = [];
    if (length === 0) this.#onFrame(this.#opcode, 0);
  }
}

function listen(index: number, cutOff: () => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let head = '';
    let isUpgraded = false;
    let answers = 0;
    let isListening = false;
    const done = (): void => {
      isListening = true;
      resolve(socket);
    };
    const counter = new FrameCounter((opcode, length) => {
      if (opcode === PING) socket.write(PONG_FRAME);
      else if (isListening && kind === 'socket.io' && length === ENGINE_PING_LENGTH)
        socket.write(ENGINE_PONG);
      else if (isListening) {
        if (length < TICK_BYTES_MIN) return;
        received += 1;
        if (isTiming) arrivals[index]?.push(nowMs());
      } else {
        answers += 1;
        const next = greeting.frames[answers - (greeting.answers - greeting.frames.length)];
        if (answers >= greeting.answers) done();
        else if (next) socket.write(next);
      }
    });
    const onBytes = (bytes: number, chunk: Uint8Array): boolean => {
      if (isUpgraded) counter.take(chunk, bytes);
      else {
        head += Buffer.from(chunk.buffer, chunk.byteOffset, bytes).toString('latin1');
        const end = head.indexOf(HEAD_END);
        if (end < 0) return true;
        if (!head.startsWith('HTTP/1.1 101')) reject(new Error(head.slice(0, 200)));
        isUpgraded = true;
        const rest = Buffer.from(head.slice(end + HEAD_END.length), 'latin1');
        // Socket.IO speaks first.
        if (greeting.answers === greeting.frames.length && greeting.frames[0])
          socket.write(greeting.frames[0]);
        if (greeting.answers === 0) done();
        counter.take(rest, rest.length);
      }
      return true;
    };
    const socket = connect({
      ...{ port, host: '127.0.0.1' },
      onread: { buffer: BUFFER, callback: onBytes },
    });
    socket.setNoDelay(true);
    socket.once('error', reject);
    socket.once('close', () => (isListening ? cutOff() : reject(new Error('closed'))));
    socket.write(
      `GET ${greeting.path} HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        (greeting.subprotocol ? `Sec-WebSocket-Protocol: ${greeting.subprotocol}\r\n` : '') +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==${HEAD_END}`,
    );
  });
}

/** Read into by all connections in turn: nothing of it is kept. */
const BUFFER = Buffer.alloc(256 * 1024);

process.on('message', (message: { readonly type: string; readonly count?: number }) => {
  if (message.type === 'open') {
    for (let n = 0; n < (message.count ?? 0); n += 1) waiting.push(asked++);
    openSome();
  } else if (message.type === 'mark') {
    received = 0;
    isTiming = false;
    process.send?.({ marked: true });
  } else if (message.type === 'time') {
    received = 0;
    isTiming = true;
    arrivals = Array.from({ length: sockets }, () => []);
    process.send?.({ marked: true });
  } else if (message.type === 'times') {
    isTiming = false;
    process.send?.({ times: arrivals.map((times) => times.slice(0, TICKS_TIMED_MAX)) });
  }
});
process.once('disconnect', () => process.exit(0));

let listening = 0;
let isReady = false;

/** A connection that is cut off comes back, with as many others at once as opened at once. */
const waiting: number[] = [];
/** Of all sockets, those it was told to open. */
let asked = 0;
let opening = 0;

function openSome(): void {
  while (opening < OPENING_AT_ONCE && waiting.length > 0) {
    const index = waiting.shift() ?? 0;
    opening += 1;
    listen(index, () => {
      listening -= 1;
      waiting.push(index);
    })
      .then(() => {
        listening += 1;
      })
      .catch((error: unknown) => {
        if (!isReady) throw error;
        waiting.push(index);
      })
      .finally(() => {
        opening -= 1;
        if (waiting.length > 0 && listening > 0) openSome();
      });
  }
}

let told = -1;
let toldListening = 0;
setInterval(() => {
  if (listening !== toldListening) {
    toldListening = listening;
    if (!isReady && listening === sockets) {
      isReady = true;
      process.send?.({ ready: listening });
    } else process.send?.({ listening });
  }
  if (received === told) return;
  told = received;
  process.send?.({ received });
}, REPORT_MS);
setInterval(openSome, RETRY_MS);
