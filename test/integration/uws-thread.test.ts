/** A thread that ends with an open server, in any way but by force, must not take the process with it. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { WsClient } from '../support/ws-client.ts';

it.each(['throw', 'exit'])(
  'survives a thread that ends by %s with 50 open sockets, three times',
  async (how) => {
    for (let life = 0; life < 3; life += 1) {
      const worker = new Worker(new URL('../support/actors/uws-thread.ts', import.meta.url));
      worker.on('error', () => {});
      const [port] = await once(worker, 'message');
      const clients = await Promise.all(
        Array.from({ length: 50 }, () => new WsClient(`ws://127.0.0.1:${port}/v1/ws`).opened()),
      );
      const exited = new Promise((resolve) => worker.on('exit', resolve));
      worker.postMessage(how);
      expect(await exited).toBe(how === 'exit' ? 3 : 1);
      expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual(Array(50).fill(1006));
    }
  },
);
