/** The consuming thread of BullMQ. Jobs are acked one by one; a hundred at a time hide the round trips. */
import { parentPort, workerData } from 'node:worker_threads';
import { BULLMQ_QUEUE, connectionOf, loadBullMq } from '../support/bullmq.ts';
import { countHandled } from '../support/flow.ts';

const { redisUrl, handled } = workerData as { redisUrl: string; handled: SharedArrayBuffer };
const bullmq = await loadBullMq();
if (!bullmq) throw new Error('bullmq is not installed');
const worker = new bullmq.Worker(BULLMQ_QUEUE, async () => countHandled(handled, 1), {
  connection: connectionOf(redisUrl),
  concurrency: 100,
});
await worker.waitUntilReady();
parentPort?.postMessage('ready');
