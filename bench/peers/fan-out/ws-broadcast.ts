/** The `ws` package as its documentation shows a broadcast. */
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { frameNo, serveParent } from './tick-source.ts';

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
server.once('listening', () => {
  serveParent((server.address() as AddressInfo).port, (seq) => {
    const frame = frameNo(seq);
    for (const client of server.clients) if (client.readyState === WebSocket.OPEN) client.send(frame);
  });
});
