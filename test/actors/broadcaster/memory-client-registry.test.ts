import { expect, it } from 'vitest';
import { MemoryClientRegistry } from '../../../src/actors/broadcaster/memory-client-registry.ts';
import { ManualClock, systemClock } from '../../../src/runtime/index.ts';
import { clientRegistryContract } from '../../contract/client-registry.contract.ts';

clientRegistryContract('MemoryClientRegistry', async () => {
  const registry = new MemoryClientRegistry(systemClock);
  return { registry, vanish: async () => registry.clear() };
});

it('forgets everybody a minute after the last heartbeat', async () => {
  const clock = new ManualClock(0);
  const registry = new MemoryClientRegistry(clock);
  await registry.register('b-1', [1]);
  clock.fireNext(50_000);
  await registry.register('b-2', [1]);
  clock.fireNext(109_999);
  expect(await registry.count()).toBe(2);
  clock.fireNext(110_000);
  expect(await registry.count()).toBe(0);
});
