/**
 * The limit: what Redis streams and this client give with nothing on top. Pipelined XADD, XREADGROUP, one
 * XACK for what a read brought; no envelope, no decoding, no deletion.
 */
import { Worker } from 'node:worker_threads';
import { commandConnection, connect } from '../../src/runtime/redis/redis-connections.ts';
import type { Contestant } from './flow.ts';

export const RAW_STREAM = 'bench-raw';
export const RAW_GROUP = 'bench';

export async function openRawStreams(
  redisUrl: string,
  payload: Uint8Array,
): Promise<Contestant & { close(): Promise<void> }> {
  const redis = await connect(commandConnection(redisUrl));
  await redis.xgroup('CREATE', RAW_STREAM, RAW_GROUP, '0', 'MKSTREAM');
  const handled = new SharedArrayBuffer(4);
  const worker = new Worker(new URL('../actors/raw-consumer.ts', import.meta.url), {
    workerData: { redisUrl, handled },
  });
  const bytes = Buffer.from(payload);
  return {
    handled,
    send: async (count) => {
      const pipeline = redis.pipeline();
      for (let n = 0; n < count; n += 1) pipeline.xadd(RAW_STREAM, '*', 'e', bytes);
      await pipeline.exec();
    },
    isEmpty: async () => {
      const [pending] = (await redis.xpending(RAW_STREAM, RAW_GROUP)) as [number];
      return pending === 0;
    },
    close: async () => {
      await worker.terminate();
      redis.disconnect();
    },
  };
}
