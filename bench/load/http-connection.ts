/**
 * One keep-alive HTTP connection on a bare socket, one request at a time. It reads what the servers of these
 * benches send: a status line and a body of known length. A client library would cost the machine more than
 * the servers that are measured.
 */
import { connect, type Socket } from 'node:net';

export interface HttpAnswer {
  readonly status: number;
  /** Its first characters are enough for most; JSON. */
  readonly body: string;
}

type Done = (answer: HttpAnswer) => void;

const HEAD_END = '\r\n\r\n';
const LENGTH = /\r\ncontent-length: *(\d+)/i;

export class HttpConnection {
  readonly #socket: Socket;
  #received = '';
  #done: Done | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => this.#receive(String(chunk)));
    socket.on('close', () => {
      if (this.#done) throw new Error('a server closed a connection with a request under way');
    });
  }

  static open(port: number): Promise<HttpConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.once('error', reject);
      socket.once('connect', () => resolve(new HttpConnection(socket)));
    });
  }

  /** `text`: the whole request, ASCII. */
  send(text: string, done: Done): void {
    this.#done = done;
    this.#socket.write(text, 'latin1');
  }

  request(text: string): Promise<HttpAnswer> {
    return new Promise((resolve) => this.send(text, resolve));
  }

  close(): void {
    this.#done = undefined;
    this.#socket.destroy();
  }

  #receive(chunk: string): void {
    this.#received += chunk;
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const length = Number(LENGTH.exec(this.#received.slice(0, headEnd))?.[1] ?? 0);
    const bodyStart = headEnd + HEAD_END.length;
    if (this.#received.length < bodyStart + length) return;
    const status = Number(this.#received.slice(9, 12));
    const body = this.#received.slice(bodyStart, bodyStart + length);
    const done = this.#done;
    this.#received = '';
    this.#done = undefined;
    done?.({ status, body });
  }
}

export const getText = (path: string, token?: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: bench\r\n${token ? `Authorization: Bearer ${token}\r\n` : ''}\r\n`;

export const postText = (path: string, headers: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n${headers}` +
  `Content-Length: ${body.length}\r\n\r\n${body}`;
