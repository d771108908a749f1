import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  bestCoding,
  COMPRESSED_BYTES_MIN,
  compressedFor,
} from '../../../../src/actors/broadcaster/routes/compression.ts';

describe('the coding of an answer', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['gzip', 'gzip'],
    ['br', 'br'],
    ['gzip, deflate, br, zstd', 'br'],
    ['GZIP', 'gzip'],
    ['gzip;q=1.0, br;q=0.5', 'gzip'],
    ['gzip;q=0.5, br;q=0.9', 'br'],
    ['gzip;q=0', undefined],
    ['gzip;q=0, br', 'br'],
    ['br;q=0, gzip;q=0.001', 'gzip'],
    ['*', 'br'],
    ['*;q=0', undefined],
    ['br;q=0, *', 'gzip'],
    ['identity', undefined],
    ['identity;q=0, gzip', 'gzip'],
    ['identity;q=1, gzip;q=0.5', undefined],
    ['identity;q=0.5, gzip;q=1', 'gzip'],
    ['identity;q=0', undefined],
    ['deflate, compress', undefined],
    ['gzip;q=2', undefined],
    ['gzip;q=nonsense', undefined],
    ['gzip ; q=0.8', 'gzip'],
    [',,;,', undefined],
  ] as const)('for "%s" is %s', (acceptEncoding, coding) => {
    expect(bestCoding(acceptEncoding, 'br')).toBe(coding);
  });

  it('is what costs less, among those that are liked as much', () => {
    expect(bestCoding('br, gzip', 'gzip')).toBe('gzip');
  });
});

describe('an answer', () => {
  const json = { 'Content-Type': 'application/json; charset=utf-8' };
  const request = (acceptEncoding?: string) => ({
    ...{ method: 'GET', path: '/', query: '', body: new Uint8Array(), remoteAddress: '127.0.0.1' },
    headers: acceptEncoding === undefined ? {} : { 'accept-encoding': acceptEncoding },
  });
  const large = JSON.stringify('ab'.repeat(COMPRESSED_BYTES_MIN));

  it('leaves compressed, and is the same', async () => {
    const response = { status: 200, headers: json, body: large };
    const asGzip = await compressedFor(request('gzip'), response);
    expect(asGzip.headers).toEqual({ ...json, 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' });
    expect(gunzipSync(asGzip.body).toString()).toBe(large);
    const asBrotli = await compressedFor(request('br'), response);
    expect(brotliDecompressSync(asBrotli.body).toString()).toBe(large);
  });

  it('says that it depends on what is asked for, also where it leaves as it is', async () => {
    const plain = await compressedFor(request(), {
      status: 200,
      headers: { ...json, Vary: 'Origin' },
      body: large,
    });
    expect(plain.headers).toEqual({ ...json, Vary: 'Origin, Accept-Encoding' });
    expect(plain.body).toBe(large);
  });

  it('that is small, or compressed by nature, leaves as it is', async () => {
    for (const response of [
      { status: 200, headers: json, body: 'x'.repeat(COMPRESSED_BYTES_MIN - 1) },
      { status: 200, headers: { 'Content-Type': 'image/png' }, body: large },
      { status: 304, headers: json, body: '' },
    ]) {
      expect(await compressedFor(request('gzip, br'), response)).toEqual(response);
    }
  });

  it('that is shared is compressed once for all who ask', async () => {
    const response = { status: 200, headers: json, body: Buffer.from(large) };
    const [first, second] = await Promise.all([
      compressedFor(request('br'), response),
      compressedFor(request('br'), { ...response }),
    ]);
    expect(second?.body).toBe(first?.body);
  });
});
