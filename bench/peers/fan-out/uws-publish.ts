/** The limit: uWebSockets.js' own publish to a topic, and nothing else. */
import * as uWS from 'uWebSockets.js';
import { frameNo, serveParent } from './tick-source.ts';

const app = uWS.App();
app.ws('/*', {
  maxBackpressure: 16 * 1024 * 1024,
  open: (ws) => void ws.subscribe('price'),
  message: () => {},
});
app.listen('127.0.0.1', 0, (socket) => {
  const port = uWS.us_socket_local_port(socket as unknown as uWS.us_socket);
  serveParent(port, (seq) => app.publish('price', frameNo(seq), false));
});
