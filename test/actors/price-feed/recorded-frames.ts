/** Frames of a real venue as they were received; provenance in test/fixtures/README.md. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const FILE = new URL('../../fixtures/coinbase-nmr-eur-7s.txt.gz', import.meta.url);

export const PRODUCT_ID = 'NMR-EUR';

export const recordedFrames: readonly string[] = gunzipSync(readFileSync(FILE))
  .toString('utf8')
  .trimEnd()
  .split('\n')
  .map((line) => line.slice(line.indexOf(': ') + 2));
