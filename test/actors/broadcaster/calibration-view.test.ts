import { expect, it } from 'vitest';
import { IDENTITY_CALIBRATION } from '../../../src/domain/calibration/calibration-table.ts';
import type { CalibrationReport } from '../../../src/protocol/calibration-report.ts';
import { done, refused } from '../../../src/protocol/errors.ts';
import { errorCode, json, startBroadcaster } from '../../support/broadcaster-fixture.ts';
import { START_MS } from '../../support/market.ts';

const RECORD = { sinceMs: 0, n: 0, voids: 0, rtp: 0, buckets: [] };
const REPORT: CalibrationReport = {
  atMs: START_MS,
  rulesVersion: 'r',
  columnMs: 5_000,
  correction: { version: IDENTITY_CALIBRATION.version, evidence: 0, drift: 0 },
  volatility: { sigmaPerSqrtSecond: 0.00007, regime: 0 },
  offeredCells: RECORD,
  settledBets: RECORD,
};
const REQUEST = { path: '/v1/calibration' };

const started = async () => {
  const broadcaster = await startBroadcaster();
  await broadcaster.knowMarket();
  const asks = () => broadcaster.resolver.letters.filter(({ type }) => type === 'GetCalibration').length;
  return { ...broadcaster, asks };
};

it('is open to all, and asked for once in five seconds however many want it', async () => {
  const { server, system, resolver, asks } = await started();
  const answering = [server.request(REQUEST), server.request(REQUEST)];
  await system.idle();
  expect(asks()).toBe(1);
  resolver.reply(done(REPORT));
  await system.idle();
  for (const answer of await Promise.all(answering))
    expect([answer.status, json(answer)]).toEqual([200, REPORT]);
  await system.advance(4_999);
  expect(json(await server.request(REQUEST))).toEqual(REPORT);
  expect(asks()).toBe(1);
  await system.advance(1);
  const later = server.request(REQUEST);
  await system.idle();
  resolver.reply(done({ ...REPORT, atMs: START_MS + 5_000 }));
  await system.idle();
  expect(json(await later)).toMatchObject({ atMs: START_MS + 5_000 });
});

it('asks again after a refusal or no answer', async () => {
  const { server, system, asking, resolver, asks } = await started();
  const refusedOnce = await asking(REQUEST, () => resolver.reply(refused('NO_PRICE')));
  expect(errorCode(refusedOnce)).toBe('NO_PRICE');
  const waiting = server.request(REQUEST);
  await system.idle();
  await system.advance(3_000);
  expect(errorCode(await waiting)).toBe('OUTCOME_UNKNOWN');
  await server.request({ ...REQUEST, method: 'POST' });
  void server.request(REQUEST);
  await system.idle();
  expect(asks()).toBe(3);
});
