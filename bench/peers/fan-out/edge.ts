/**
 * A whole edge of the product in a process of its own (src/main.ts with a Broadcaster alone), with ticks over
 * Redis as the price feed sends them. Arguments: URL of Redis, Broadcaster threads, port (0: a free one).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { encode } from '../../../src/protocol/codec.ts';
import { priceSignals } from '../../../src/protocol/signals.ts';
import { NO_LIMITS } from '../../../test/support/limits.ts';
import { freePort } from '../../../test/support/redis-server.ts';
import { usageOf } from '../../support/process-usage.ts';
import { serveParent, tickNo } from './tick-source.ts';

const [redisUrl = '', threads = '1', port = '0'] = process.argv.slice(2);
const PROJECT_DIR = fileURLToPath(new URL('../../..', import.meta.url));

const dataDir = mkdtempSync(join(tmpdir(), 'touchline-edge-'));
const ownPort = port === '0' ? String(await freePort()) : port;
const env = {
  ...{ ...process.env, ...NO_LIMITS, REDIS_URL: redisUrl, PORT: ownPort, DATA_DIR: dataDir },
  ...{ ADMIN_PORT: String(await freePort()), TOUCHLINE_ACTORS: 'broadcaster', LOG_LEVEL: 'warn' },
  ...{ BROADCASTER_THREADS: threads, CONNECTIONS_MAX: '100000' },
};
const edge = spawn(process.execPath, ['src/main.ts'], {
  ...{ cwd: PROJECT_DIR, env, stdio: ['ignore', process.stderr, process.stderr, 'ipc'] },
});
await ready(edge);
const redis = new Redis(redisUrl);
const { name } = priceSignals('btc:usd');
process.once('disconnect', () => {
  edge.once('exit', () => {
    rmSync(dataDir, { recursive: true, force: true });
    process.exit(0);
  });
  edge.kill('SIGTERM');
});
serveParent(
  Number(ownPort),
  (seq) => void redis.publish(name, Buffer.from(encode(tickNo(seq)))),
  () => usageOf(edge.pid),
);

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the edge ended with ${code}`)));
    child.on('message', (message) => message === 'ready' && resolve());
  });
}
