/**
 * pm2's view of Touchline on one 8 GB machine:  npx pm2 start ecosystem.config.cjs
 *
 * Three apps, so that the end of an edge (a hung thread of uWebSockets.js costs its process) never touches the
 * ledger: one Redis, one core (the four actors that write), N edges (sockets only) that share PORT by
 * SO_REUSEPORT. Exit code 1: it gave up and said why in its log; pm2 restarts it after 100 ms, the other edges
 * serve meanwhile.
 * Fork mode everywhere: uWebSockets.js does not go through node:cluster.
 *
 * Stop the readers before what they read, so that drains find Redis alive:
 *   npx pm2 stop touchline-edge && npx pm2 stop touchline-core && npx pm2 stop redis
 * Any other order is safe too (truth is in SQLite), only less quiet in the log.
 *
 * Overridable by environment: EDGES, PORT, ADMIN_PORT (core; edges count up from the next), REDIS_PORT,
 * REDIS_URL, DATA_DIR. Everything else src/config.ts reads is passed on unchanged.
 */
const { join, resolve } = require('node:path');
const { mkdirSync } = require('node:fs');

const env = process.env;
const edges = Number(env.EDGES || 2);
const port = Number(env.PORT || 8080);
const adminPort = Number(env.ADMIN_PORT || 9090);
const redisPort = Number(env.REDIS_PORT || 6379);
const dataDir = resolve(__dirname, env.DATA_DIR || 'var');
const redisDir = join(dataDir, 'redis');
const logDir = join(dataDir, 'log');
const redisUrl = env.REDIS_URL || `redis://127.0.0.1:${redisPort}`;

// redis-server does not make its own directory.
mkdirSync(redisDir, { recursive: true });
mkdirSync(logDir, { recursive: true });

/** Above the sum of the core's four actors' shutdownMs (5 s each), which stop one after another. */
const CORE_KILL_TIMEOUT_MS = 30_000;
/** An edge has one actor (5 s) and says goodbye to its sockets. */
const EDGE_KILL_TIMEOUT_MS = 15_000;

const node = {
  cwd: __dirname,
  script: 'src/main.ts',
  // Node 22, whatever Node runs pm2. No --max-old-space-size here: with it, Node ignores the heap limits that
  // each worker thread carries, and one leaking actor could take the whole process.
  interpreter: join(__dirname, 'node_modules', '.bin', 'node'),
  exec_mode: 'fork',
  // "online" means process.send('ready'): rebuilt from SQLite, mailboxes joined, ports open.
  wait_ready: true,
  listen_timeout: 30_000,
  // A crash loop backs off from 100 ms to 15 s instead of burning the machine.
  exp_backoff_restart_delay: 100,
  // It refuses to run on the ledger it finds: a person has to look (docs/runbook.md).
  stop_exit_codes: [3],
  // Workers are never restarted because a file changed.
  watch: false,
  // pm2's own probe stays out: it listens for unhandled rejections and so keeps a broken process running.
  pmx: false,
  merge_logs: true,
  time: true,
};

const shared = {
  PORT: port,
  REDIS_URL: redisUrl,
  DATA_DIR: dataDir,
  // Compiled code for the next start; by the environment, because only so every thread uses it.
  NODE_COMPILE_CACHE: env.NODE_COMPILE_CACHE || join(__dirname, 'node_modules', '.cache', 'node'),
};

const redis = {
  name: 'redis',
  cwd: __dirname,
  script: 'redis-server',
  args: ['redis.conf', '--port', String(redisPort), '--dir', redisDir, '--daemonize', 'no'],
  interpreter: 'none',
  exec_mode: 'fork',
  // A damaged append-only file makes Redis refuse to start at once: ten tries, then a person has to look.
  exp_backoff_restart_delay: 500,
  max_restarts: 10,
  min_uptime: 5_000,
  // It flushes its file on the way out.
  kill_timeout: 15_000,
  out_file: join(logDir, 'redis.log'),
  error_file: join(logDir, 'redis.log'),
};

const core = {
  ...node,
  name: 'touchline-core',
  instances: 1,
  kill_timeout: CORE_KILL_TIMEOUT_MS,
  // Ceilings that fit 8 GB: Redis 512 MB + core 700 MB + 600 MB an edge + SQLite's page cache 256 MB. The
  // process asks for its own orderly end a little earlier (RSS_MIB_MAX).
  max_memory_restart: '700M',
  env: {
    ...shared,
    RSS_MIB_MAX: Number(env.RSS_MIB_MAX || 600),
    ADMIN_PORT: adminPort,
    TOUCHLINE_ACTORS: 'history-writer,resolver,session-guard,price-feed',
  },
  out_file: join(logDir, 'core.log'),
  error_file: join(logDir, 'core.log'),
};

const edge = {
  ...node,
  name: 'touchline-edge',
  instances: edges,
  // Each edge gets its own number and its own admin port: ADMIN_PORT + 1, + 2, …
  instance_var: 'EDGE_ID',
  increment_var: 'ADMIN_PORT',
  kill_timeout: EDGE_KILL_TIMEOUT_MS,
  max_memory_restart: '600M',
  env: {
    ...shared,
    RSS_MIB_MAX: Number(env.RSS_MIB_MAX || 520),
    ADMIN_PORT: adminPort + 1,
    TOUCHLINE_ACTORS: 'broadcaster',
    // More sockets: more edges, not more threads in one.
    BROADCASTER_THREADS: Number(env.BROADCASTER_THREADS || 1),
  },
  out_file: join(logDir, 'edge.log'),
  error_file: join(logDir, 'edge.log'),
};

module.exports = { apps: env.REDIS_URL ? [core, edge] : [redis, core, edge] };
