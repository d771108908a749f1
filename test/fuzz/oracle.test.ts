/**
 * What the fuzzer would say of servers that do what ours must not: each is one, scripted, on a real
 * connection.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Finding, type FuzzInput, type FuzzSession } from './fuzz-input.ts';
import { converseHttp } from './http-conversation.ts';
import { converseSocket } from './socket-conversation.ts';

let server: Server;
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

/** Says `answers` to the pieces it gets, one to each; nothing to the rest. */
async function scripted(answers: readonly (string | Buffer)[]): Promise<number> {
  let next = 0;
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', () => {
      const answer = answers[next];
      next += 1;
      if (answer === 'cut') socket.destroy();
      else if (answer !== undefined) socket.write(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}

const input = (more: Partial<FuzzInput> = {}): FuzzInput => ({
  what: 'test',
  pieces: [Buffer.from('x')],
  expects: 'one',
  ...more,
});

const http = (status: string, body: string): string =>
  `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const refusal = (status: string, code: string): string => http(status, JSON.stringify({ error: { code } }));
const OK = http('200 OK', '{}');

const HANDSHAKE = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n';
const frame = (value: unknown): Buffer => {
  const payload = Buffer.from(JSON.stringify(value));
  return Buffer.concat([Buffer.from([0x81, payload.length]), payload]);
};
const closeFrame = (code: number): Buffer => Buffer.from([0x88, 2, code >> 8, code & 0xff]);
const PONG = frame({ ack: 'ping', id: 7 });

async function findingOf(
  kind: 'http' | 'json',
  answers: readonly (string | Buffer)[],
  inputs: readonly FuzzInput[],
): Promise<{ message: string; inputIndex: number } | undefined> {
  const port = await scripted(answers);
  const how = { port, count: () => {}, isOver: () => false };
  const session: FuzzSession = { kind, inputs, isBurst: false };
  const talk = kind === 'http' ? converseHttp(session, 100, how) : converseSocket(session, kind, 100, how);
  return talk.then(
    () => undefined,
    (error: unknown) => {
      expect(error).toBeInstanceOf(Finding);
      return error as Finding;
    },
  );
}

test.for([
  ['500 Internal Server Error', refusal('500 Internal Server Error', 'INTERNAL'), /status 500/],
  ['INTERNAL with another status', refusal('400 Bad Request', 'INTERNAL'), /INTERNAL with status 400/],
  ['an error nobody registered', refusal('400 Bad Request', 'OOPS'), /no registered error/],
  ['an error with a status of another', refusal('404 Not Found', 'MALFORMED'), /MALFORMED with status 404/],
  ['an error in words', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nbad', /without an error/],
  ['no HTTP', 'hello there', /no answer/],
  ['the end of the connection', 'cut', /cut after 0 bytes/],
] as const)('a request that is answered with %s', async ([, answer, message]) => {
  expect(await findingOf('http', [answer], [input()])).toMatchObject({
    message: expect.stringMatching(message),
    inputIndex: 100,
  });
});

test('a request that is answered twice', async () => {
  const finding = await findingOf('http', [OK + OK], [input(), input()]);
  expect(finding).toMatchObject({ message: expect.stringMatching(/nobody asked for/) });
});

test.for([
  ['twice', Buffer.concat([PONG, PONG]), /nobody waits for/],
  ['with another id', frame({ ack: 'ping', id: 8 }), /nobody waits for/],
  ['INTERNAL', frame({ ack: 'error', id: 7, error: { code: 'INTERNAL' } }), /INTERNAL/],
  ['with a shutdown', closeFrame(4512), /shut down/],
  ['with an unknown close code', closeFrame(4999), /closed with 4999/],
  ['with a masked frame', Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x31]), /a frame that begins/],
  ['with the end of the connection', 'cut', /cut without a close code/],
] as const)('a message that is answered %s', async ([, answer, message]) => {
  const said = [HANDSHAKE, answer, frame({ ack: 'ping', id: 9 })];
  const finding = await findingOf('json', said, [input({ id: 7 }), input({ id: 9 })]);
  expect(finding).toMatchObject({ message: expect.stringMatching(message) });
});

test('nothing is found where nothing is wrong', async () => {
  const answers = [OK, refusal('404 Not Found', 'NOT_FOUND'), 'cut'];
  expect(await findingOf('http', answers, [input(), input(), input({ expects: 'any' })])).toBeUndefined();
  server.close();
  const refused = frame({ ack: 'error', error: { code: 'MALFORMED' } });
  expect(await findingOf('json', [HANDSHAKE, PONG, refused], [input({ id: 7 }), input()])).toBeUndefined();
});
