/** What it takes until a small append is on the disk of the temporary directory: median, in ms. */
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, round } from './figures.ts';

const APPENDS = 200;
const PAGE = Buffer.alloc(4_096);

export function fsyncMs(): number {
  const dir = mkdtempSync(join(tmpdir(), 'touchline-fsync-'));
  const file = openSync(join(dir, 'log'), 'a');
  const ms = Array.from({ length: APPENDS }, () => {
    writeSync(file, PAGE);
    const startMs = performance.now();
    fsyncSync(file);
    return performance.now() - startMs;
  });
  closeSync(file);
  rmSync(dir, { recursive: true });
  return round(median(ms));
}
