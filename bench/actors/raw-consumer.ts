/** The consuming thread of the raw limit: reads, counts, acks. */
import { workerData } from 'node:worker_threads';
import { blockingConnection, commandConnection, connect } from '../../src/runtime/redis/redis-connections.ts';
import { countHandled } from '../support/flow.ts';
import { RAW_GROUP, RAW_STREAM } from '../support/raw-streams.ts';

const { redisUrl, handled } = workerData as { redisUrl: string; handled: SharedArrayBuffer };
const BLOCK_MS = 1_000;
const reader = await connect(blockingConnection(redisUrl, BLOCK_MS));
const redis = await connect(commandConnection(redisUrl));

for (;;) {
  const reply = (await reader.callBuffer(
    'XREADGROUP',
    ...['GROUP', RAW_GROUP, 'reader', 'COUNT', 256, 'BLOCK', BLOCK_MS, 'STREAMS', RAW_STREAM, '>'],
  )) as [Buffer, [Buffer, Buffer[]][]][] | null;
  const entries = reply?.[0]?.[1] ?? [];
  if (entries.length === 0) continue;
  countHandled(handled, entries.length);
  await redis.xack(RAW_STREAM, RAW_GROUP, ...entries.map(([id]) => id));
}
