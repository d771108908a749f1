/** What UwsServer promises as a ClientServer, without a Broadcaster behind it. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it, vi } from 'vitest';
import type { ClientSocket, SendStatus, ServerContext } from '../../src/actors/broadcaster/client-server.ts';
import { UwsServer } from '../../src/actors/broadcaster/uws-server.ts';
import { SOCKET_BACKPRESSURE_BYTES_MAX } from '../../src/protocol/limits.ts';
import { Metrics, silentLogger, systemClock } from '../../src/runtime/index.ts';
import { clientServerContract } from '../contract/client-server.contract.ts';
import { freePort } from '../support/redis-server.ts';
import { WsClient } from '../support/ws-client.ts';

const HOST = '127.0.0.1';
const silent = { message: () => {}, drained: () => {}, closed: () => {} };

const context: ServerContext = { clock: systemClock, log: silentLogger, metrics: new Metrics('test') };
const answer = { status: 200, headers: {}, body: 'ok' };

it('is shared by several servers and refused when it is not ours', async () => {
  // A port that was taken by number can be shared; one that the system chose cannot.
  const port = await freePort();
  const first = new UwsServer({ host: HOST, port, clock: systemClock });
  const handlers = {
    handle: async () => answer,
    upgrade: () => ({ accept: true }) as const,
    open: () => silent,
  };
  expect(await first.listen(handlers, context)).toBe(port);
  const second = new UwsServer({ host: HOST, port, clock: systemClock });
  expect(await second.listen(handlers, context)).toBe(port);
  for (const server of [first, second, second]) server.closeAtOnce();
  const stranger = createServer().listen(0, HOST);
  await once(stranger, 'listening');
  const taken = (stranger.address() as { port: number }).port;
  await expect(
    new UwsServer({ host: HOST, port: taken, clock: systemClock }).listen(handlers, context),
  ).rejects.toThrow(String(taken));
  stranger.close();
});

it('tells what became of each frame, and when the reader caught up', async () => {
  const opened = Promise.withResolvers<ClientSocket>();
  const drained = Promise.withResolvers<void>();
  const own = new UwsServer({ host: HOST, port: 0, clock: systemClock });
  const ownPort = await own.listen(
    {
      handle: async () => answer,
      upgrade: () => ({ accept: true }),
      open: (socket) => {
        opened.resolve(socket);
        return { ...silent, drained: drained.resolve };
      },
    },
    context,
  );
  const client = await new WsClient(`ws://${HOST}:${ownPort}/v1/ws`).opened();
  client.socket.pause();
  const socket = await opened.promise;
  const frame = JSON.stringify('x'.repeat(16_000));
  let status: SendStatus = 'sent';
  let sent = 0;
  const seen = new Set<SendStatus>();
  while (status !== 'dropped' && sent < 5_000) {
    status = socket.send(frame);
    seen.add(status);
    if (status !== 'dropped') sent += 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect([...seen]).toEqual(['sent', 'buffered', 'dropped']);
  expect(socket.bufferedBytes()).toBeGreaterThan(SOCKET_BACKPRESSURE_BYTES_MAX / 2);
  client.socket.resume();
  await drained.promise;
  await vi.waitUntil(() => client.frames.length === sent);
  expect(socket.bufferedBytes()).toBe(0);
  socket.close(4000, 'enough');
  expect(await client.closed).toBe(4000);
  expect([socket.send('late'), socket.bufferedBytes()]).toEqual(['dropped', 0]);
  own.closeAtOnce();
});

it('turns handlers that throw into answers and closed sockets', async () => {
  const own = new UwsServer({ host: HOST, port: 0, clock: systemClock });
  const fail = (): never => {
    throw new Error('broken');
  };
  const ownPort = await own.listen(
    {
      handle: async () => fail(),
      upgrade: () => ({ accept: true }),
      open: () => ({ ...silent, message: fail }),
    },
    context,
  );
  const response = await fetch(`http://${HOST}:${ownPort}/`);
  expect([response.status, await response.json()]).toMatchObject([500, { error: { code: 'INTERNAL' } }]);
  const client = await new WsClient(`ws://${HOST}:${ownPort}/v1/ws`).opened();
  client.sendRaw('x');
  expect(await client.closed).toBe(1006);
  own.closeAtOnce();
});

clientServerContract(() => ({
  server: new UwsServer({ host: HOST, port: 0, clock: systemClock }),
  connect: async (port, subprotocol) => {
    const client = await new WsClient(
      `ws://${HOST}:${port}/v1/ws`,
      subprotocol === undefined ? {} : { subprotocol },
    ).opened();
    const received: string[] = [];
    client.socket.removeAllListeners('message');
    client.socket.on('message', (data: Buffer) => received.push(data.toString()));
    let closeCode: number | undefined;
    void client.closed.then((code) => {
      closeCode = code;
    });
    return {
      received: () => received,
      send: (text) => client.sendRaw(text),
      vanish: () => client.socket.terminate(),
      closeCode: () => closeCode,
    };
  },
}));
