/**
 * The product in a process of its own, as src/main.ts runs it, but with rules for a bench: a bet executes at
 * the first tick after its receipt, without a hold. Everything else is read from the environment as ever.
 */
import { mkdirSync } from 'node:fs';
import { childSpecs } from '../../src/actors/tree.ts';
import { readConfig } from '../../src/config.ts';
import { DEFAULT_MARKET_RULES } from '../../src/domain/rules.ts';
import { createLogger, Metrics, systemClock, systemRandom } from '../../src/runtime/index.ts';
import { RedisStatusBoard } from '../../src/runtime/supervision/redis-status-board.ts';
import { Supervisor } from '../../src/runtime/supervision/supervisor.ts';
import { spawnWorker } from '../../src/runtime/workers/worker-child.ts';

const config = readConfig();
const rules = { ...DEFAULT_MARKET_RULES, holdMs: 0 };
mkdirSync(config.dataDir, { recursive: true });
const specs = childSpecs(config).map((spec) => {
  const settings = spec.settings as Readonly<Record<string, unknown>>;
  return 'rules' in settings ? { ...spec, settings: { ...settings, rules } } : spec;
});
const log = createLogger(config.LOG_LEVEL, 'main');
const supervisor = new Supervisor({
  specs,
  statusBoard: RedisStatusBoard.open(config.REDIS_URL),
  spawn: spawnWorker({
    redisUrl: config.REDIS_URL,
    logLevel: config.LOG_LEVEL,
    failpoint: config.TOUCHLINE_FAILPOINT,
  }),
  clock: systemClock,
  random: systemRandom,
  log,
  metrics: new Metrics('main'),
  onGiveUp: (reason) => {
    throw new Error(reason);
  },
});
process.once('disconnect', () => void supervisor.stop().then(() => process.exit(0)));
await supervisor.start();
process.send?.('ready');
