#!/usr/bin/env node
/**
 * Derives the replay series from a recorded book-ticker file. Run once per change of the rule; the
 * result is committed, so neither set-up nor tests need the recording. The rule is stated in
 * data/README.md and repeated here only as code.
 *
 *   node scripts/derive-replay.mjs [recording.csv.gz]
 */
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';

const fromRoot = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const RECORDING = '../shared/data/quotes/spot_btcusdt_20240808_bookticker.csv.gz';
const RASTER_MS = 100;
const CARRY_MS_MAX = 1_000;
const FIXTURE_MS = 60_000;
const HEADER = 'at_ms,mid_cents';

/** "61837.63000000" → 6183763; throws on anything finer than a cent. */
function parseCents(text) {
  const match = /^(\d+)\.(\d{2})0*$/.exec(text);
  if (!match) throw new Error(`not a price in whole cents: ${text}`);
  return Number(match[1]) * 100 + Number(match[2]);
}

/** Rows of the recording as { atMs, midCents }, oldest first; half a cent rounds up. */
function* quotesOf(csv) {
  for (const line of csv.split('\n').slice(1)) {
    if (line === '') continue;
    const [receivedNs, , , bid, , ask] = line.split(',');
    const atMs = Number(BigInt(receivedNs) / 1_000_000n);
    yield { atMs, midCents: Math.ceil((parseCents(bid) + parseCents(ask)) / 2) };
  }
}

/** The last quote at or before each raster instant, left out where that quote is too old. */
export function rasterise(quotes) {
  const rows = [];
  let last;
  let nextMs;
  const emitUntil = (endMs) => {
    for (; nextMs < endMs; nextMs += RASTER_MS) {
      if (nextMs - last.atMs <= CARRY_MS_MAX) rows.push([nextMs, last.midCents]);
    }
  };
  for (const quote of quotes) {
    if (last === undefined) nextMs = Math.ceil(quote.atMs / RASTER_MS) * RASTER_MS;
    else emitUntil(quote.atMs);
    last = quote;
  }
  emitUntil(last.atMs + 1);
  return rows;
}

function main() {
  const recording = process.argv[2] ?? fromRoot(RECORDING);
  const rows = rasterise(quotesOf(gunzipSync(readFileSync(recording)).toString('utf8')));
  const csvOf = (part) => `${[HEADER, ...part.map((row) => row.join(','))].join('\n')}\n`;
  mkdirSync(fromRoot('data'), { recursive: true });
  mkdirSync(fromRoot('test/fixtures'), { recursive: true });
  const packed = gzipSync(csvOf(rows), { level: 9 });
  writeFileSync(fromRoot('data/replay-btc-usd.csv.gz'), packed);
  const firstMs = rows[0][0];
  const excerpt = rows.filter(([atMs]) => atMs < firstMs + FIXTURE_MS);
  writeFileSync(fromRoot('test/fixtures/replay-btc-usd-60s.csv'), csvOf(excerpt));
  const gaps = rows.filter(([atMs], i) => i > 0 && atMs - rows[i - 1][0] !== RASTER_MS).length;
  const mids = rows.map(([, mid]) => mid);
  console.log(
    JSON.stringify({
      rows: rows.length,
      gaps,
      firstMs,
      lastMs: rows.at(-1)[0],
      lowCents: Math.min(...mids),
      highCents: Math.max(...mids),
      moved: mids.filter((mid, i) => i > 0 && mid !== mids[i - 1]).length,
      gzBytes: packed.length,
      excerptRows: excerpt.length,
    }),
  );
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) main();
