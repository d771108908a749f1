/**
 * One WebSocket on a bare socket, text frames only. Frames are masked with zeros, which is allowed and costs
 * nothing; frames written while one chunk of answers is read leave together.
 */
import { connect, type Socket } from 'node:net';

type OnFrame = (payload: Buffer) => void;

const HEAD_END = '\r\n\r\n';
const MASKED = 0x80;
const TEXT_FRAME = 0x81;
const PING = 9;
const PONG_FRAME = 0x8a;
const MASK_BYTES = 4;

export class WsConnection {
  readonly #socket: Socket;
  readonly #onFrame: OnFrame;
  #received: Buffer = Buffer.alloc(0);
  #outgoing: Buffer[] | undefined;

  private constructor(socket: Socket, onFrame: OnFrame) {
    this.#socket = socket;
    this.#onFrame = onFrame;
  }

  static open(port: number, onFrame: OnFrame): Promise<WsConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.setNoDelay(true);
      socket.once('error', reject);
      socket.write(
        'GET /v1/ws HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==${HEAD_END}`,
      );
      const connection = new WsConnection(socket, onFrame);
      let head = Buffer.alloc(0);
      const onHead = (chunk: Buffer): void => {
        head = Buffer.concat([head, chunk]);
        const end = head.indexOf(HEAD_END);
        if (end < 0) return;
        socket.off('data', onHead);
        if (!head.toString('latin1').startsWith('HTTP/1.1 101')) {
          reject(new Error(head.toString()));
          return;
        }
        socket.on('data', (more) => connection.#receive(more));
        resolve(connection);
        connection.#receive(head.subarray(end + HEAD_END.length));
      };
      socket.on('data', onHead);
    });
  }

  /** ASCII of up to 65,535 characters. */
  send(text: string): void {
    const frame = frameOf(text);
    if (this.#outgoing) this.#outgoing.push(frame);
    else this.#socket.write(frame);
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#outgoing = [];
    let bytes = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    for (let frame = frameAt(bytes); frame; frame = frameAt(bytes)) {
      const payload = bytes.subarray(frame.start, frame.end);
      if (frame.opcode === PING) this.#outgoing.push(Buffer.from([PONG_FRAME, MASKED, 0, 0, 0, 0]));
      else this.#onFrame(payload);
      bytes = bytes.subarray(frame.end);
    }
    this.#received = bytes;
    const outgoing = this.#outgoing;
    this.#outgoing = undefined;
    if (outgoing.length > 0) this.#socket.write(Buffer.concat(outgoing));
  }
}

function frameOf(text: string): Buffer {
  const isShort = text.length < 126;
  const headBytes = (isShort ? 2 : 4) + MASK_BYTES;
  const frame = Buffer.alloc(headBytes + text.length);
  frame[0] = TEXT_FRAME;
  frame[1] = MASKED | (isShort ? text.length : 126);
  if (!isShort) frame.writeUInt16BE(text.length, 2);
  frame.write(text, headBytes, 'latin1');
  return frame;
}

/** Of the first whole frame. */
function frameAt(bytes: Buffer): { opcode: number; start: number; end: number } | undefined {
  if (bytes.length < 2) return undefined;
  const opcode = (bytes[0] ?? 0) & 0x0f;
  const short = (bytes[1] ?? 0) & 0x7f;
  const start = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < start) return undefined;
  const length =
    short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  return bytes.length < start + length ? undefined : { opcode, start, end: start + length };
}
