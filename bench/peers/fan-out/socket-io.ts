/** Socket.IO with its Redis adapter, as its documentation sets it up. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import { serveParent, tickNo } from './tick-source.ts';

const redis = new Redis(process.argv[2] ?? '');
const http = createServer();
const io = new Server(http, { transports: ['websocket'], adapter: createAdapter(redis, redis.duplicate()) });
http.listen(0, '127.0.0.1', () => {
  const { port } = http.address() as AddressInfo;
  serveParent(port, (seq) => io.emit('price', { seq, tick: tickNo(seq) }));
});
