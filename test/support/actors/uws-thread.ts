/** A thread with an open server that ends without warning when told to. */
import { parentPort } from 'node:worker_threads';
import { UwsServer } from '../../../src/actors/broadcaster/uws-server.ts';
import { Metrics, silentLogger, systemClock } from '../../../src/runtime/index.ts';

const server = new UwsServer({ host: '127.0.0.1', port: 0, clock: systemClock });
process.on('exit', () => server.closeAtOnce());

const port = await server.listen(
  {
    handle: async () => ({ status: 200, headers: {}, body: '' }),
    upgrade: () => ({ accept: true }),
    open: () => ({ message: () => {}, drained: () => {}, closed: () => {} }),
  },
  { clock: systemClock, log: silentLogger, metrics: new Metrics('test') },
);
parentPort?.on('message', (how) => {
  if (how === 'exit') process.exit(3);
  throw new Error('thrown on purpose');
});
parentPort?.postMessage(port);
