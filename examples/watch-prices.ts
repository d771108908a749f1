/** Every tick of the price line as it is made, and how wide it was in the last minute. Ctrl-C ends it. */
import { createClient } from 'touchline/client';

const client = createClient({ baseUrl: process.argv[2] ?? 'http://127.0.0.1:8080', format: 'msgpack' });
process.once('SIGINT', () => client.close());
client.on('state', (state) => console.error(state.state));

const MINUTE_MS = 60_000;
let minute: { atMs: number; priceCents: number }[] = [];
for await (const { seq, atMs, priceCents, quality, gap } of client.prices()) {
  if (gap) console.log(`${gap.missed} ticks are missing here: ${gap.reason}`);
  minute = [...minute.filter((tick) => tick.atMs > atMs - MINUTE_MS), { atMs, priceCents }];
  const prices = minute.map((tick) => tick.priceCents);
  const range = (Math.max(...prices) - Math.min(...prices)) / 100;
  console.log(
    `${seq} ${new Date(atMs).toISOString()} ${priceCents / 100} ${quality} range ${range.toFixed(2)}`,
  );
}
