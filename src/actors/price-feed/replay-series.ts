/** A recorded price series as a file: CSV, gzipped or not, `at_ms,mid_cents`, with a header line. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type Cents, cents } from '../../domain/units.ts';

export interface SeriesPoint {
  /** ms since the Unix epoch; strictly increasing along the series. */
  readonly atMs: number;
  readonly priceCents: Cents;
}

/** Throws with file and line on anything that is not such a series. */
export function readReplaySeries(path: string): SeriesPoint[] {
  const bytes = readFileSync(path);
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return parseReplaySeries((isGzip ? gunzipSync(bytes) : bytes).toString('utf8'), path);
}

export function parseReplaySeries(text: string, name = 'series'): SeriesPoint[] {
  const points: SeriesPoint[] = [];
  const [header, ...lines] = text.trimEnd().split('\n');
  if (header?.trim() !== 'at_ms,mid_cents') throw new Error(`${name}: the header is not at_ms,mid_cents`);
  lines.forEach((line, index) => {
    const match = /^(\d{1,15}),([1-9]\d{0,14})\r?$/.exec(line);
    const point = match ? { atMs: Number(match[1]), priceCents: cents(Number(match[2])) } : undefined;
    if (!point || point.atMs <= (points.at(-1)?.atMs ?? -1))
      throw new Error(`${name}:${index + 2}: not a row`);
    points.push(point);
  });
  if (points.length < 2) throw new Error(`${name}: a series needs two rows at least`);
  return points;
}
