/**
 * Connections cut in the middle of a sentence, clients that are away for a while, and a server that forgot
 * where they were: nobody misses or doubles anything without being told.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runChaosClients } from '../../support/chaos-clients.ts';
import { auditLedger } from '../../support/ledger-audit.ts';
import { type RunningSystem, startSystem } from '../../support/system.ts';

let system: RunningSystem;
beforeAll(async () => {
  system = await startSystem({ env: { BROADCASTER_THREADS: '2' } });
});
afterAll(() => system.stop());

test('after fifty cuts, four clients know every price gap, every result once, and their balance', {
  timeout: 150_000,
}, async () => {
  const halfway = async (): Promise<void> => {
    await system.kill();
    await system.restart();
  };
  const report = await runChaosClients({
    url: system.url,
    clients: 4,
    cuts: 50,
    seed: 1,
    awayMsMax: 800,
    halfway,
  });
  expect(report.faults).toEqual([]);
  expect(report.cuts).toBeGreaterThanOrEqual(50);
  expect(report.ticks).toBeGreaterThan(100);
  expect(report.placed).toBeGreaterThan(0);
  expect(report.results).toBeGreaterThanOrEqual(report.placed);
  expect(auditLedger(system.dataDir).problems).toEqual([]);
});
