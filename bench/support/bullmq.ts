/** BullMQ, if it is installed, doing the same work: bulk adds, one worker in a thread of its own. */
import { Worker } from 'node:worker_threads';
import { type Contestant, TEXT } from './flow.ts';

export const BULLMQ_QUEUE = 'bench';

/** As much of it as the bench uses. */
export interface BullMq {
  readonly Queue: new (
    name: string,
    options: object,
  ) => {
    waitUntilReady(): Promise<unknown>;
    addBulk(jobs: readonly { name: string; data: unknown }[]): Promise<unknown>;
    getJobCounts(...states: string[]): Promise<Record<string, number>>;
    close(): Promise<void>;
  };
  readonly Worker: new (
    name: string,
    work: () => Promise<void>,
    options: object,
  ) => { waitUntilReady(): Promise<unknown> };
}

const PACKAGE = 'bullmq';

/** Undefined if it is not there. */
export const loadBullMq = (): Promise<BullMq | undefined> =>
  (import(PACKAGE) as Promise<BullMq>).catch(() => undefined);

export const connectionOf = (redisUrl: string): { host: string; port: number } => {
  const { hostname: host, port } = new URL(redisUrl);
  return { host, port: Number(port) };
};

export async function openBullMq(
  { Queue }: BullMq,
  redisUrl: string,
): Promise<Contestant & { close(): Promise<void> }> {
  const queue = new Queue(BULLMQ_QUEUE, {
    connection: connectionOf(redisUrl),
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
  });
  await queue.waitUntilReady();
  const handled = new SharedArrayBuffer(4);
  const worker = new Worker(new URL('../actors/bullmq-consumer.ts', import.meta.url), {
    workerData: { redisUrl, handled },
  });
  await new Promise((resolve) => worker.once('message', resolve));
  return {
    handled,
    send: async (count) => {
      await queue.addBulk(Array.from({ length: count }, () => ({ name: 'Count', data: { text: TEXT } })));
    },
    isEmpty: async () => {
      const { waiting = 0, active = 0 } = await queue.getJobCounts('waiting', 'active');
      return waiting + active === 0;
    },
    close: async () => {
      await worker.terminate();
      await queue.close();
    },
  };
}
