import { expect, it } from 'vitest';
import { MemoryTickLog } from '../../../src/actors/resolver/memory-tick-log-reader.ts';
import { tickLogReaderContract } from '../../contract/tick-log-reader.contract.ts';
import { tickAt } from '../../support/market.ts';

tickLogReaderContract('MemoryTickLog', async () => {
  const log = new MemoryTickLog();
  return { reader: log, record: (...ticks) => log.record(...ticks), close: () => log.close() };
});

it('refuses a hole', () => {
  expect(() => new MemoryTickLog().record(tickAt(2))).toThrow('1 expected');
});
