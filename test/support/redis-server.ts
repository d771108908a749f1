/** A real redis-server of the test's own, on a free loopback port, stopped by its process id. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startRedis } from '../../scripts/redis.mjs';

const CONFIG_FILE = fileURLToPath(new URL('../../redis.conf', import.meta.url));

export interface TestRedis {
  readonly url: string;
  readonly pid: number;
  readonly port: number;
  /** After it was killed: starts again on the same port and data. */
  comeBack(): Promise<void>;
  stop(): Promise<void>;
}

/** `args`: further ones of redis-server. */
export async function startTestRedis(args: string[] = []): Promise<TestRedis> {
  const dir = mkdtempSync(join(tmpdir(), 'touchline-redis-'));
  const options = {
    dir,
    port: await freePort(),
    configFile: CONFIG_FILE,
    args,
    stopOnExit: true,
    log: () => {},
  };
  let redis = await startRedis(options);
  return {
    url: redis.url,
    port: options.port,
    get pid() {
      return redis.pid;
    },
    comeBack: async () => {
      await redis.exited;
      redis = await startRedis(options);
    },
    stop: async () => {
      await redis.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
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

/**
 * That many free loopback ports in a row, below those that systems hand out by themselves, so that nobody's
 * outgoing connection takes one before it is used.
 */
export async function freePortRun(count: number): Promise<number[]> {
  for (;;) {
    const first = 12_000 + Math.floor(Math.random() * 20_000);
    const ports = Array.from({ length: count }, (_, index) => first + index);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return ports;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
