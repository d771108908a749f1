/** A real redis-server of the test's own, on a free loopback port, stopped by its process id. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '../../scripts/redis.mjs';

export interface TestRedis {
  readonly url: string;
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

/** With `dir`, the data stays there over a restart; with `port`, it comes back at the same address. */
export async function startTestRedis(options: { dir?: string; port?: number } = {}): Promise<TestRedis> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'touchline-redis-'));
  const port = options.port ?? (await freePort());
  const redis = await startRedis({ dir, port, configFile: 'redis.conf', log: () => {} });
  const stop = async (): Promise<void> => {
    await redis.stop();
    if (!options.dir) rmSync(dir, { recursive: true, force: true });
  };
  return { url: redis.url, pid: redis.pid, port, stop };
}

/** A loopback port nothing listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
