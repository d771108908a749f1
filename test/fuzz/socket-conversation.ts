/**
 * The frames of one session over one WebSocket, and over the next where it was closed. Every whole message
 * gets exactly one answer, unless the connection is closed for too many that were wrong.
 */
import { CLOSE_CODES } from '../../src/protocol/api/frames.ts';
import type { FrameFormat } from './frame-inputs.ts';
import { Finding, type FuzzInput, type FuzzSession } from './fuzz-input.ts';
import { handshakeBytes } from './handshake-inputs.ts';
import { takeAnswer } from './http-answer.ts';
import { ANSWER_MS_MAX, type Conversation, connected, SILENCE_MS } from './http-conversation.ts';
import { takeFrame } from './socket-answer.ts';
import type { Wire } from './wire.ts';

/** What a client can bring upon itself: too many wrong frames, too many connections. */
const EARNED_CODES: ReadonlySet<number> = new Set(
  Object.values(CLOSE_CODES).filter((code) => code >= 4400 && code < 4500),
);

export async function converseSocket(
  session: FuzzSession,
  format: FrameFormat,
  first: number,
  how: Conversation,
): Promise<void> {
  let socket: SocketTalk | undefined;
  for (const [at, input] of session.inputs.entries()) {
    if (how.isOver()) break;
    const isLast = at === session.inputs.length - 1;
    try {
      if (!socket || socket.isOver) socket = await SocketTalk.open(format, how);
      await socket.say(input, first + at);
      if (!session.isBurst || isLast) await socket.settled();
    } catch (error) {
      socket?.wire.close();
      if (how.isOver()) return;
      const blamed = error instanceof Finding ? error.inputIndex : first + at;
      throw new Finding(blamed, `${input.what}: ${error instanceof Error ? error.message : error}`);
    }
  }
  socket?.wire.close();
}

class SocketTalk {
  readonly wire: Wire;
  readonly #format: FrameFormat;
  readonly #how: Conversation;
  /** Index of each message that has no answer yet, by the id it carries, or in order. */
  readonly #byId = new Map<string | number, number>();
  #anonymous: number[] = [];
  #isOver = false;
  /** Index of the input said last. */
  #last = 0;

  private constructor(wire: Wire, format: FrameFormat, how: Conversation) {
    this.wire = wire;
    this.#format = format;
    this.#how = how;
  }

  static async open(format: FrameFormat, how: Conversation): Promise<SocketTalk> {
    const wire = await connected(how);
    await wire.write([handshakeBytes(format)]);
    for (;;) {
      const answer = takeAnswer(wire, false);
      if (answer?.status === 101) return new SocketTalk(wire, format, how);
      if (answer || wire.isClosed) throw new Error(`no handshake: ${answer?.status ?? 'cut'}`);
      if (!(await wire.change(ANSWER_MS_MAX))) throw new Error('no handshake in time');
    }
  }

  get isOver(): boolean {
    return this.#isOver || this.wire.isClosed;
  }

  /** Whoever ends the connection by itself waits for the answers before. */
  async say(input: FuzzInput, index: number): Promise<void> {
    if (input.expects !== 'one') await this.settled();
    if (this.isOver) return;
    this.#last = index;
    await this.wire.write(input.pieces);
    if (input.expects === 'one') {
      if (input.id === undefined) this.#anonymous.push(index);
      else this.#byId.set(input.id, index);
      return;
    }
    this.#isOver = true;
    if (input.expects === 'abort') {
      this.#how.count('aborted');
      return this.wire.abort();
    }
    if (input.expects === 'end') this.wire.halfClose();
    await this.#whatever();
    this.wire.close();
  }

  /** Resolves when every message has its answer, or the server closed the connection and may do so. */
  async settled(): Promise<void> {
    const untilMs = performance.now() + ANSWER_MS_MAX;
    while (!this.#isOver) {
      this.#read(false);
      if (this.#isOver || this.#waiting === 0) return;
      if (this.wire.isClosed) throw this.#blame('cut without a close code');
      if (performance.now() > untilMs) throw this.#blame('no answer');
      await this.wire.change(ANSWER_MS_MAX);
    }
  }

  get #waiting(): number {
    return this.#byId.size + this.#anonymous.length;
  }

  #blame(message: string): Finding {
    const [oldest = this.#last] = [...this.#anonymous, ...this.#byId.values()].sort((a, b) => a - b);
    return new Finding(oldest, message);
  }

  /** `isBroken`: the bytes sent may have been any number of messages, of any id, or a close frame. */
  #read(isBroken: boolean): void {
    for (;;) {
      const said = takeFrame(this.wire, this.#format, isBroken);
      if (!said) return;
      if (said.kind === 'close') {
        this.#how.count(`ws closed ${said.code}`);
        if (!isBroken && !EARNED_CODES.has(said.code)) throw this.#blame(`closed with ${said.code}`);
        this.#isOver = true;
        this.wire.close();
        return;
      }
      if (said.kind !== 'ack') continue;
      this.#how.count(said.count);
      if (!isBroken) this.#answered(said.id);
    }
  }

  #answered(id: unknown): void {
    const isKnown = (typeof id === 'string' || typeof id === 'number') && this.#byId.delete(id);
    if (isKnown) return;
    // What could not be read has no id to echo, and a fuzzed one may be any.
    if (this.#anonymous.length === 0)
      throw this.#blame(`an answer nobody waits for, id ${JSON.stringify(id)}`);
    this.#anonymous.shift();
  }

  async #whatever(): Promise<void> {
    while (!this.wire.isClosed && (await this.wire.change(SILENCE_MS))) {}
    const before = this.wire.received.length;
    this.#read(true);
    if (before === 0) this.#how.count(this.wire.isClosed ? 'ws cut' : 'ws silence');
  }
}
