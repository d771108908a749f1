import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openSqliteTickLog } from '../../../src/actors/history-writer/sqlite-tick-log.ts';
import { createActor, type ResolverWorkerSettings } from '../../../src/actors/resolver/resolver-worker.ts';
import { DEFAULT_MARKET_RULES } from '../../../src/domain/rules.ts';
import { RESOLVER } from '../../../src/protocol/letters/resolver.ts';
import type { ActorEnvironment, RedisConnection } from '../../../src/runtime/index.ts';
import { createTestSystem } from '../../../src/runtime/test-kit/create-test-system.ts';
import { START_MS, tickAt, WALLET } from '../../support/market.ts';

type Environment = ActorEnvironment<ResolverWorkerSettings>;

it('stands on two files, and finds them as it left them', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'touchline-resolver-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const tickLogPath = join(dir, 'ticks.sqlite');
  const anchorPath = join(dir, 'ledger.anchor');
  const settings = {
    ...{ ledgerPath: join(dir, 'ledger.sqlite'), anchorPath, tickLogPath },
    rules: DEFAULT_MARKET_RULES,
  };
  // Away: the copy of the head is of no weight.
  const redis = new EventEmitter() as unknown as RedisConnection;

  for (const life of [1, 2]) {
    const cleanups: (() => void)[] = [];
    const onExit = (cleanup: () => void): void => void cleanups.push(cleanup);
    const system = await createTestSystem({ startMs: START_MS });
    const outbox: Environment['outbox'] = (name) => system.outbox(name);
    await system.start(createActor({ settings, outbox, redis, onExit } as Environment));
    if (life === 1) {
      await system.ask(RESOLVER, { type: 'OpenAccount', body: { wallet: WALLET } });
      const writer = openSqliteTickLog(tickLogPath);
      writer.commit({ epoch: 1, entries: [{ epoch: 1, tick: tickAt(1) }] });
      writer.close();
      system.deliver(RESOLVER, { type: 'TicksRecorded', body: { ticks: [tickAt(1)] } });
    }
    expect(await system.ask(RESOLVER, { type: 'GetMarket', body: {} })).toMatchObject({ value: { seq: 1 } });
    expect(await system.ask(RESOLVER, { type: 'GetLedgerSummary', body: {} })).toMatchObject({
      value: { sumMicros: '0', accounts: 1 },
    });
    await system.stop(RESOLVER.name);
    for (const cleanup of cleanups) cleanup();
  }
});
