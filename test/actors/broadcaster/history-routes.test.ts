/** GET /v1/prices with a limit, and GET /v1/candles. */
import { beforeEach, describe, expect, it } from 'vitest';
import { candlesOf } from '../../../src/domain/candle.ts';
import { done, refused } from '../../../src/protocol/errors.ts';
import { TICKS_PER_READ_MAX } from '../../../src/protocol/limits.ts';
import {
  BROADCASTER_SETTINGS,
  type BroadcasterFixture,
  json,
  startBroadcaster,
} from '../../support/broadcaster-fixture.ts';
import { START_MS, tickAt } from '../../support/market.ts';

let broadcaster: BroadcasterFixture;
beforeEach(async () => {
  broadcaster = await startBroadcaster();
});

const malformed = async (path: string, query: string, details: object): Promise<void> => {
  const response = await broadcaster.server.request({ path, query, headers: {} });
  expect(response.status).toBe(400);
  expect(json(response)).toMatchObject({ error: { code: 'MALFORMED', retryable: false, details } });
  expect(broadcaster.history.letters).toEqual([]);
};

describe('GET /v1/prices', () => {
  it('takes a page length', async () => {
    await broadcaster.asking({ path: '/v1/prices', query: 'fromMs=5&toMs=9&limit=3' }, () =>
      broadcaster.history.reply(done({ ticks: [tickAt(1)], more: false })),
    );
    expect(broadcaster.history.letters).toEqual([
      { type: 'ReadTicks', body: { fromMs: 5, toMs: 9, limit: 3 } },
    ]);
  });

  it.each(['0', '-1', '1.5', 'all', String(TICKS_PER_READ_MAX + 1)])('refuses a limit of %s', (limit) =>
    malformed('/v1/prices', `limit=${limit}`, { field: 'limit' }),
  );
});

describe('GET /v1/candles', () => {
  const { maxGapMs } = BROADCASTER_SETTINGS.rules;
  const [candle] = candlesOf([tickAt(1), tickAt(2)], 60_000);
  if (!candle) throw new Error('no candle');

  it('gives the last hundred by default, with gaps by the rules in force', async () => {
    const recorded = [
      { ...candle, maxStepMs: maxGapMs, isUnfinished: false },
      { ...candle, maxStepMs: maxGapMs + 1, isUnfinished: true },
    ];
    const response = await broadcaster.asking({ path: '/v1/candles', query: 'intervalMs=60000' }, () =>
      broadcaster.history.reply(done({ candles: recorded, nextFromMs: 60_000 })),
    );
    expect(broadcaster.history.letters).toEqual([
      { type: 'ReadCandles', body: { intervalMs: 60_000, fromMs: START_MS - 6_000_000, toMs: START_MS } },
    ]);
    const { maxStepMs: _, ...shown } = candle;
    expect(json(response)).toEqual({
      intervalMs: 60_000,
      candles: [
        { ...shown, gap: false, unfinished: false },
        { ...shown, gap: true, unfinished: true },
      ],
      nextFromMs: 60_000,
      nextCursor: expect.any(String),
    });
  });

  it('passes a refusal on', async () => {
    const response = await broadcaster.asking({ path: '/v1/candles', query: 'intervalMs=1000' }, () =>
      broadcaster.history.reply(refused('ACTOR_RESTARTING')),
    );
    expect(response.status).toBe(503);
  });

  it.each([
    ['', 'intervalMs'],
    ['intervalMs=61000', 'intervalMs'],
    ['intervalMs=0', 'intervalMs'],
    ['intervalMs=1m', 'intervalMs'],
    ['intervalMs=60000&fromMs=-1', 'fromMs'],
    ['intervalMs=60000&fromMs=2&toMs=1', 'fromMs'],
    ['intervalMs=60000&toMs=now', 'toMs'],
    ['intervalMs=60000&limit=5', 'limit'],
  ])('refuses %s', (query, field) => malformed('/v1/candles', query, { field }));
});
