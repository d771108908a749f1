/**
 * The composition root of one process: configuration → supervision tree → admin server → ready. It reads
 * like the architecture. Which actors this process runs is configuration; nothing here assumes that another
 * actor lives in the same process.
 *
 * The process ends 0 after an orderly stop (SIGINT, SIGTERM, its parent gone) and 1 when the supervisor
 * gives up, memory runs out, a thread does not leave or this thread itself fails; the process manager outside
 * brings it back, and nothing is lost: truth is in SQLite. With 3 it refuses to run on what it finds
 * (docs/runbook.md), and must not be brought back.
 */
import { mkdirSync } from 'node:fs';
import { childSpecs, lockFiles, operatorTokenPath, refuseUnsafeStart } from './actors/tree.ts';
import { type Config, readConfig } from './config.ts';
import { operatorRoutes } from './operator-routes.ts';
import { startAdminServer } from './runtime/admin/admin-server.ts';
import { endProcessAtOnce } from './runtime/end-process.ts';
import {
  createLogger,
  type Logger,
  Metrics,
  START_REFUSED_EXIT_CODE,
  StartRefusedError,
  systemClock,
  systemRandom,
} from './runtime/index.ts';
import { holdProcessLock } from './runtime/sqlite/process-lock.ts';
import { incidentReporter } from './runtime/supervision/incidents.ts';
import { MainThread } from './runtime/supervision/main-thread.ts';
import { watchMemory } from './runtime/supervision/memory-watchdog.ts';
import { RedisStatusBoard } from './runtime/supervision/redis-status-board.ts';
import { Supervisor } from './runtime/supervision/supervisor.ts';
import { spawnWorker } from './runtime/workers/worker-child.ts';

/** Why the process ends; the code is what the process manager sees. */
interface End {
  readonly reason: string;
  readonly exitCode: 0 | 1;
}

/** `process.exit` would end threads that must not be ended: the process aborts, with a core file. */
interface Outcome {
  readonly exitCode: 0 | 1;
  readonly hasLeftBehind: boolean;
}

async function run(config: Config, log: Logger): Promise<Outcome> {
  mkdirSync(config.dataDir, { recursive: true });
  const locks = lockFiles(config).map(holdProcessLock);
  refuseUnsafeStart(config);
  const metrics = new Metrics('main');
  const end = Promise.withResolvers<End>();
  const mailboxUrl = config.REDIS_MAILBOX_URL || config.REDIS_URL;
  const statusBoard = RedisStatusBoard.open(mailboxUrl);
  const supervisor = new Supervisor({
    specs: childSpecs(config),
    statusBoard,
    spawn: spawnWorker({
      redisUrl: config.REDIS_URL,
      mailboxUrl,
      logLevel: config.LOG_LEVEL,
      failpoint: config.TOUCHLINE_FAILPOINT,
    }),
    clock: systemClock,
    random: systemRandom,
    log,
    metrics,
    onGiveUp: (reason) => end.resolve({ reason, exitCode: 1 }),
  });
  onStopRequest((reason) => end.resolve({ reason, exitCode: 0 }));
  if (config.RSS_MIB_MAX > 0) {
    const onExceeded = (reason: string): void => end.resolve({ reason, exitCode: 1 });
    const reportIncident = incidentReporter(log, metrics);
    watchMemory({ limitMib: config.RSS_MIB_MAX, clock: systemClock, metrics, reportIncident, onExceeded });
  }
  const mainThread = new MainThread(systemClock, metrics);
  const more = config.TOUCHLINE_ACTORS.includes('resolver')
    ? operatorRoutes({ tokenPath: operatorTokenPath(config), redisUrl: mailboxUrl })
    : undefined;
  const admin = await startAdminServer({
    ...{ port: config.ADMIN_PORT, supervisor, metrics, mainThread },
    ...(more && { more }),
  });
  try {
    const started = await Promise.race([supervisor.start().then(() => true), end.promise.then(() => false)]);
    if (started) announce(config, admin.url, log);
    const { reason, exitCode } = await end.promise;
    if (exitCode === 0) log.info({ reason }, 'stopping');
    else log.fatal({ reason }, 'gives up');
    await supervisor.stop();
    const { hasLeftBehind } = supervisor;
    return { exitCode: hasLeftBehind ? 1 : exitCode, hasLeftBehind };
  } finally {
    mainThread.close();
    await admin.close();
    statusBoard.close();
    for (const lock of locks) lock.release();
  }
}

function onStopRequest(stop: (reason: string) => void): void {
  for (const event of ['SIGINT', 'SIGTERM', 'disconnect'] as const) process.once(event, () => stop(event));
  process.on('message', (message) => {
    if (message === 'shutdown') stop('shutdown message');
  });
}

function announce(config: Config, adminUrl: string, log: Logger): void {
  const servesClients = config.TOUCHLINE_ACTORS.includes('broadcaster');
  const url = servesClients ? config.origins[0] : undefined;
  log.info({ url, adminUrl, actors: config.TOUCHLINE_ACTORS, source: config.PRICE_SOURCE }, 'ready');
  if (url)
    console.log(`\n  Touchline is running.\n    page and API  ${url}\n    admin         ${adminUrl}\n`);
  process.send?.('ready');
}

const config = readConfig();
const log = createLogger(config.LOG_LEVEL, 'main');
const fail = (error: unknown, message: string): void =>
  log.fatal({ error: error instanceof Error ? error.stack : String(error) }, message);
process.on('uncaughtException', (error) => {
  fail(error, 'the main thread failed');
  endProcessAtOnce(1);
});
run(config, log).then(
  ({ exitCode, hasLeftBehind }) => (hasLeftBehind ? endProcessAtOnce(exitCode) : process.exit(exitCode)),
  (error: unknown) => {
    fail(error, 'could not run');
    process.exit(error instanceof StartRefusedError ? START_REFUSED_EXIT_CODE : 1);
  },
);
