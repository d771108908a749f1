/** What may be kept, for how long, and what is not sent twice. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { HttpResponse } from '../../../../src/actors/broadcaster/client-server.ts';
import type { MemoryRequest } from '../../../../src/actors/broadcaster/memory-server.ts';
import { isKnown } from '../../../../src/actors/broadcaster/routes/revalidation.ts';
import { candlesOf } from '../../../../src/domain/candle.ts';
import { done } from '../../../../src/protocol/errors.ts';
import { type BroadcasterFixture, startBroadcaster } from '../../../support/broadcaster-fixture.ts';
import { START_MS, tickAt } from '../../../support/market.ts';

let broadcaster: BroadcasterFixture;
beforeEach(async () => {
  broadcaster = await startBroadcaster();
  await broadcaster.knowMarket();
  await broadcaster.tick(1);
});

const get = (path: string, headers: Record<string, string> = {}): Promise<HttpResponse> =>
  broadcaster.server.request({ path, headers });

describe('an answer that can be asked for again', () => {
  it.each(['/v1/grid', '/openapi.json', '/asyncapi.json', '/docs'])('%s is not sent twice', async (path) => {
    const first = await get(path);
    const etag = first.headers['ETag'] ?? '';
    expect([first.status, etag]).toEqual([200, expect.stringMatching(/^W\/"[\w-]{22}"$/)]);
    expect(first.headers['Cache-Control']).toBe('public, no-cache');
    for (const known of [etag, etag.slice(2), `"other", ${etag}`, '*']) {
      const again = await get(path, { 'if-none-match': known });
      expect([again.status, again.body]).toEqual([304, '']);
      expect(again.headers).toMatchObject({ ETag: etag, 'Cache-Control': 'public, no-cache' });
      expect(again.headers['Vary']).toContain('Accept-Encoding');
    }
    expect((await get(path, { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('is another one when the market moved', async () => {
    const first = await get('/v1/grid');
    const etag = first.headers['ETag'] ?? '';
    expect((await get('/v1/grid')).body).toBe(first.body);
    await broadcaster.tick(2);
    const second = await get('/v1/grid', { 'if-none-match': etag });
    expect([second.status, second.headers['ETag'] === etag]).toEqual([200, false]);
  });

  it('has the same headers for HEAD', async () => {
    const head = await broadcaster.server.request({ method: 'HEAD', path: '/openapi.json' });
    expect(head.headers).toEqual((await get('/openapi.json')).headers);
  });

  it('is not asked for again while nothing is known', async () => {
    const { headers } = await get('/v1/time');
    expect([headers['Cache-Control'], headers['ETag']]).toEqual(['no-store', undefined]);
  });

  it.each([
    ['W/"a"', undefined, false],
    ['W/"a"', '', false],
    ['W/"a"', '"b"', false],
    ['"a"', 'W/"a"', true],
    ['W/"a"', ' "b" , "a" ', true],
    ['W/"a"', '*', true],
  ])('tag %s and If-None-Match %s: %s', (tag, ifNoneMatch, known) => {
    expect(isKnown(tag, ifNoneMatch)).toBe(known);
  });
});

describe('a page of what is recorded', () => {
  const cacheOf = async (request: MemoryRequest, reply: unknown): Promise<string | undefined> => {
    const response = await broadcaster.asking(request, () => broadcaster.history.reply(done(reply)));
    expect(response.headers['ETag']).toMatch(/^W\//);
    return response.headers['Cache-Control'];
  };

  it('may be kept once nothing can be added to it', async () => {
    const [candle] = candlesOf([tickAt(1)], 1_000);
    const query = `intervalMs=1000&fromMs=${START_MS}&toMs=${START_MS + 999}`;
    const path = '/v1/candles';
    expect(await cacheOf({ path, query }, { candles: [{ ...candle, isUnfinished: false }] })).toBe(
      'public, max-age=86400',
    );
    expect(await cacheOf({ path, query }, { candles: [{ ...candle, isUnfinished: true }] })).toBe(
      'public, no-cache',
    );
    expect(await cacheOf({ path, query }, { candles: [] })).toBe('public, no-cache');
    const prices = { path: '/v1/prices', query: `fromMs=${START_MS}&toMs=${START_MS + 100}` };
    expect(await cacheOf(prices, { ticks: [tickAt(1)], more: false })).toBe('public, max-age=86400');
    const open = { path: '/v1/prices', query: `fromMs=${START_MS}&toMs=${START_MS + 101}` };
    expect(await cacheOf(open, { ticks: [tickAt(1)], more: false })).toBe('public, no-cache');
    expect(await cacheOf(open, { ticks: [tickAt(1)], more: true })).toBe('public, max-age=86400');
    // Asked later, this is another question.
    expect(await cacheOf({ path: '/v1/prices' }, { ticks: [tickAt(1)], more: true })).toBe(
      'public, no-cache',
    );
  });
});
