/**
 * Durable letters a second through one Redis mailbox, from a producer in this thread to an actor in another,
 * counted until acked; the same work on BullMQ, and on raw streams as the limit. All in one run on one Redis,
 * by turns, several rounds; ratios are medians of rounds. And how long a lone ask takes.
 *
 * Last line: {ratioToBullmq, ratioToRaw, lettersPerSecond, askP50Ms, askP99Ms}. `--tiny` for the test run,
 * where BullMQ may be absent (its ratio is null then).
 */
import { encode } from '../src/protocol/codec.ts';
import { childSpec } from '../src/runtime/index.ts';
import { spawnWorker } from '../src/runtime/workers/worker-child.ts';
import { startTestRedis } from '../test/support/redis-server.ts';
import { CONSUMER } from './actors/mailbox-worker.ts';
import { loadBullMq, openBullMq } from './support/bullmq.ts';
import { median, percentile, round } from './support/figures.ts';
import { type Contestant, lettersPerSecond, TEXT } from './support/flow.ts';
import { type OpenHost, openHost } from './support/open-host.ts';
import { openRawStreams } from './support/raw-streams.ts';

const isTiny = process.argv.includes('--tiny');
const { rounds, letters, jobs, asks } = isTiny
  ? { rounds: 1, letters: 1_000, jobs: 250, asks: 50 }
  : { rounds: 7, letters: 40_000, jobs: 5_000, asks: 3_000 };

async function openMailbox(redisUrl: string): Promise<{
  contestant: Contestant;
  producer: OpenHost;
  close(): Promise<void>;
}> {
  const handled = new SharedArrayBuffer(4);
  const module = new URL('./actors/mailbox-worker.ts', import.meta.url);
  const spec = childSpec({ id: CONSUMER.name, module, settings: { handled } });
  const consumer = spawnWorker({ redisUrl, logLevel: 'silent' })(spec, undefined);
  await consumer.start();
  const producer = await openHost('bench-producer', redisUrl);
  const { context } = producer;
  const letter = { type: 'Count', body: { text: TEXT } } as const;
  const contestant: Contestant = {
    handled,
    send: async (count) => {
      const results = await Promise.all(Array.from({ length: count }, () => context.send(CONSUMER, letter)));
      if (results.some((result) => result !== 'posted')) throw new Error('a letter was refused');
    },
    isEmpty: async () => (await consumer.health()).mailboxDepth === 0,
  };
  const close = async (): Promise<void> => {
    await consumer.stop();
    await producer.close();
  };
  return { contestant, producer, close };
}

async function askMs({ context }: OpenHost, count: number): Promise<number[]> {
  const ms: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const startMs = performance.now();
    const letter = { type: 'Echo', body: { text: TEXT } } as const;
    const answer = await context.ask(CONSUMER, letter, { deadlineMs: 10_000 });
    if (!answer.ok) throw new Error(`no answer: ${answer.code}`);
    ms.push(performance.now() - startMs);
  }
  return ms;
}

const bullmqPackage = await loadBullMq();
if (!bullmqPackage && !isTiny) throw new Error('bullmq is not installed: npm install');
const redis = await startTestRedis();
const mailbox = await openMailbox(redis.url);
// The bytes a letter has on the wire, without the work of making them.
const payload = encode({
  ...{ id: '0'.repeat(32), type: 'Count', from: 'bench-producer', sentAtMs: Date.now() },
  body: { text: TEXT },
});
const raw = await openRawStreams(redis.url, payload);
const bullmq = bullmqPackage && (await openBullMq(bullmqPackage, redis.url));

// Just-in-time compilation, connections, script loading.
await lettersPerSecond(mailbox.contestant, letters / 4);
await lettersPerSecond(raw, letters / 4);
if (bullmq) await lettersPerSecond(bullmq, jobs / 2);
await askMs(mailbox.producer, asks / 10);

const rates = { mailbox: [] as number[], raw: [] as number[], bullmq: [] as number[] };
const lone: number[] = [];
for (let n = 0; n < rounds; n += 1) {
  rates.mailbox.push(await lettersPerSecond(mailbox.contestant, letters));
  rates.raw.push(await lettersPerSecond(raw, letters));
  if (bullmq) rates.bullmq.push(await lettersPerSecond(bullmq, jobs));
  lone.push(...(await askMs(mailbox.producer, Math.ceil(asks / rounds))));
  const [ours, limit, theirs] = [rates.mailbox[n], rates.raw[n], rates.bullmq[n]].map((rate) =>
    Math.round(rate ?? 0),
  );
  console.error(`round ${n + 1}: mailbox ${ours}, raw ${limit}, bullmq ${theirs} letters a second`);
}
const ratioTo = (other: readonly number[]): number | null =>
  other.length === 0 ? null : round(median(other.map((rate, n) => (rates.mailbox[n] ?? 0) / rate)));

await bullmq?.close();
await raw.close();
await mailbox.close();
await redis.stop();
console.log(
  JSON.stringify({
    ratioToBullmq: ratioTo(rates.bullmq),
    ratioToRaw: ratioTo(rates.raw),
    lettersPerSecond: Math.round(median(rates.mailbox)),
    askP50Ms: round(percentile(lone, 0.5)),
    askP99Ms: round(percentile(lone, 0.99)),
  }),
);
