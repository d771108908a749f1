/** What every ClientRegistry promises; run on each implementation. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ClientRegistry } from '../../src/actors/broadcaster/client-registry.ts';

export interface ClientRegistryHarness {
  readonly registry: ClientRegistry;
  /** Makes the whole set vanish, as its time to live or an eviction does. */
  vanish(): Promise<void>;
}

export function clientRegistryContract(name: string, open: () => Promise<ClientRegistryHarness>): void {
  describe(`${name} keeps the ClientRegistry contract`, () => {
    let harness: ClientRegistryHarness;
    let registry: ClientRegistry;
    beforeAll(async () => {
      harness = await open();
      registry = harness.registry;
    });
    beforeEach(() => harness.vanish());

    it('counts the connections of all, each once', async () => {
      expect(await registry.count()).toBe(0);
      await registry.register('b-1', [1, 2]);
      await registry.register('b-1', [2, 3]);
      await registry.register('b-2', [1]);
      expect(await registry.count()).toBe(4);
      await registry.unregister('b-1', [1, 2, 99]);
      expect(await registry.count()).toBe(2);
    });

    it('forgets one broadcaster and no other, whatever its name begins with', async () => {
      await registry.register('b-1', [1, 2, 3]);
      await registry.register('b-12', [1]);
      await registry.register('b-1:x', [1]);
      await registry.forget('b-1');
      expect(await registry.count()).toBe(2);
    });

    it('comes back with the next heartbeat after it vanished', async () => {
      await registry.register('b-1', [1, 2]);
      await harness.vanish();
      expect(await registry.count()).toBe(0);
      await registry.unregister('b-1', [1]);
      await registry.register('b-1', [2]);
      expect(await registry.count()).toBe(1);
    });

    it('takes none, and thousands', async () => {
      await registry.register('b-1', []);
      await registry.unregister('b-1', []);
      expect(await registry.count()).toBe(0);
      const connections = Array.from({ length: 3_000 }, (_, i) => i + 1);
      await registry.register('b-1', connections);
      expect(await registry.count()).toBe(3_000);
      await registry.forget('b-1');
      expect(await registry.count()).toBe(0);
    });
  });
}
