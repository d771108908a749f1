/**
 * Everything that can be set, read once from the environment, validated and frozen. The only file that reads
 * `process.env`. `.env.example` lists the same fields with the same defaults, by test.
 */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { FAILPOINT_PATTERN } from './runtime/failpoint.ts';
import { REDIS_URL_DEFAULT, withSecretsFromFiles } from './secret-files.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const count = z.coerce.number().int().positive();
const list = z.string().transform(splitList);
const redisUrl = z.url({ protocol: /^(rediss?|unix)$/ }).or(z.string().regex(/^\//));

export const ACTOR_NAMES = [
  'history-writer',
  'resolver',
  'session-guard',
  'price-feed',
  'broadcaster',
] as const;
export type ActorName = (typeof ACTOR_NAMES)[number];

export const VENUE_NAMES = ['coinbase', 'kraken', 'bitstamp', 'gemini', 'binance'] as const;
/** Below three agreeing venues the index is degraded. */
const VENUES_MIN = 3;

/** Field → schema with default, and what it means (with unit, and what an empty value means). */
export const CONFIG_FIELDS = {
  REDIS_URL: field(
    redisUrl.default(REDIS_URL_DEFAULT),
    'Redis: mailboxes and state; also unix:///path. `npm start` starts its own when this is not set.',
  ),
  REDIS_MAILBOX_URL: field(
    z.union([z.literal(''), redisUrl]).default(''),
    'A Redis for the mailboxes alone, so that a full cache evicts none of them. Empty: REDIS_URL.',
  ),
  REDIS_URL_FILE: field(z.string().default(''), 'A file that holds REDIS_URL, in place of it.'),
  REDIS_PASSWORD_FILE: field(
    z.string().default(''),
    'A file that holds the password for REDIS_URL and REDIS_MAILBOX_URL, where those have none.',
  ),
  HOST: field(z.string().min(1).default('127.0.0.1'), 'Address the HTTP and WebSocket server listens on.'),
  PORT: field(port.min(1).default(8080), 'Port of the HTTP and WebSocket server.'),
  ADMIN_PORT: field(port.default(9090), 'Port of the admin server, loopback only. 0 takes a free one.'),
  DATA_DIR: field(
    z.string().min(1).default('var'),
    'Directory of the ledger and the tick log, relative to the project.',
  ),
  SERVICE_KEY_FILE: field(
    z.string().default(''),
    'Key that signs receipts and checkpoints, made at first start. Empty: service-key.json in DATA_DIR.',
  ),
  TOUCHLINE_ACTORS: field(
    list.pipe(z.array(z.enum(ACTOR_NAMES)).min(1)).default([...ACTOR_NAMES]),
    'Which actors this process runs, comma-separated.',
  ),
  BROADCASTER_THREADS: field(
    z.coerce
      .number()
      .int()
      .min(1)
      .max(64)
      .default(Math.min(4, Math.max(1, availableParallelism() - 1))),
    'Broadcaster threads in this process. Default: one per spare core, at most 4.',
  ),
  EDGE_ID: field(
    z
      .string()
      .regex(/^[a-z0-9]{1,16}$/)
      .default('0'),
    'Tells the Broadcasters of several processes apart; unique per process.',
  ),
  PRICE_SOURCE: field(z.enum(['replay', 'synthetic', 'live']).default('replay'), 'Where prices come from.'),
  REPLAY_FILE: field(
    z.string().min(1).default('data/replay-btc-usd.csv.gz'),
    'Recorded series for PRICE_SOURCE=replay, relative to the project.',
  ),
  SYNTHETIC_SEED: field(z.coerce.number().int().default(1), 'Seed for PRICE_SOURCE=synthetic.'),
  FEED_VENUES: field(
    list
      .pipe(z.array(z.enum(VENUE_NAMES)).min(VENUES_MIN))
      .refine((names) => new Set(names).size === names.length, 'names a venue twice')
      .default([...VENUE_NAMES]),
    'Venues of PRICE_SOURCE=live, three or more; their order is their bit in the venue mask of a tick.',
  ),
  PUBLIC_ORIGINS: field(
    list.default([]),
    'Origins players use, comma-separated, e.g. https://play.example.com. Empty: loopback at PORT.',
  ),
  SIGN_IN_CHAIN_IDS: field(
    list
      .transform((parts) => parts.map(Number))
      .pipe(z.array(z.number().int().positive()).min(1))
      .default([1]),
    'Chain ids a sign-in message may name, comma-separated.',
  ),
  SIGN_IN_STATEMENT: field(
    z
      .string()
      .min(1)
      .max(200)
      .regex(/^[\x20-\x7e]+$/)
      .default('Sign in to Touchline. This costs nothing and moves no funds.'),
    'The statement a sign-in message must carry, exactly.',
  ),
  ETH_RPC_URL: field(
    z.union([z.literal(''), z.url({ protocol: /^https?$/ })]).default(''),
    'JSON-RPC of an Ethereum node, so that contract wallets (EIP-1271) can sign in. Empty: they cannot.',
  ),
  ETH_RPC_URL_FILE: field(z.string().default(''), 'A file that holds ETH_RPC_URL, in place of it.'),
  BETS_PER_MINUTE: field(count.default(300), 'Bets a wallet may try to place per minute.'),
  CONNECTIONS_MAX: field(count.default(10_000), 'WebSocket connections per Broadcaster thread.'),
  CONNECTIONS_PER_ADDRESS_MAX: field(
    count.default(500),
    'WebSocket connections of one address (IPv6: /64) per Broadcaster thread. Not for this machine itself.',
  ),
  CONNECTIONS_PER_WALLET_MAX: field(
    count.default(50),
    'WebSocket connections signed in with one wallet, per Broadcaster thread.',
  ),
  UPGRADES_PER_SECOND: field(
    count.default(1_000),
    'WebSocket handshakes a second that a Broadcaster thread takes from other machines.',
  ),
  REQUEST_TOKENS: field(
    count.min(20).default(1_000),
    'Tokens of one address (IPv6: /64): a read costs 1, a bet 5, a sign-in 20. Not for this machine itself.',
  ),
  REQUEST_TOKENS_PER_SECOND: field(count.default(100), 'Tokens an address gets anew each second.'),
  TRUSTED_PROXIES: field(
    list.default([]),
    'Proxies whose X-Forwarded-For is believed: addresses or networks, comma-separated, e.g. 127.0.0.1.',
  ),
  RSS_MIB_MAX: field(
    z.coerce.number().int().min(0).default(0),
    'Resident memory, in MiB, above which this process stops in order to be started anew. 0: no limit.',
  ),
  TOUCHLINE_FAILPOINT: field(
    z.literal('').or(z.string().regex(FAILPOINT_PATTERN)).default(''),
    'For crash tests only: `[actor/]name:n` kills the process the n-th time it gets to that point.',
  ),
  LOG_LEVEL: field(
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    'Least severe log line that is written.',
  ),
} as const;

type Fields = typeof CONFIG_FIELDS;
type Values = { readonly [K in keyof Fields]: z.output<Fields[K]['schema']> };

export interface Config extends Values {
  /** Absolute. */
  readonly projectDir: string;
  readonly dataDir: string;
  readonly replayFile: string;
  /** SERVICE_KEY_FILE with its default filled in. */
  readonly serviceKeyFile: string;
  readonly pageDir: string;
  /** PUBLIC_ORIGINS with its default filled in. */
  readonly origins: readonly string[];
}

const PROJECT_DIR = fileURLToPath(new URL('..', import.meta.url));

/** Throws one error that names every wrong field. */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const schema = z.object(
    Object.fromEntries(Object.entries(CONFIG_FIELDS).map(([name, { schema }]) => [name, schema])),
  );
  const given = Object.fromEntries(
    Object.keys(CONFIG_FIELDS).flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])),
  );
  const parsed = schema.safeParse(withSecretsFromFiles(given));
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`configuration: ${problems.join('; ')}`);
  }
  const values = parsed.data as Values;
  const origins = values.PUBLIC_ORIGINS.length > 0 ? values.PUBLIC_ORIGINS : localOrigins(values.PORT);
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new Error(
        `configuration: PUBLIC_ORIGINS: "${origin}" is not an origin like https://play.example.com`,
      );
    }
  }
  if (values.PORT === values.ADMIN_PORT) throw new Error('configuration: ADMIN_PORT must differ from PORT');
  return Object.freeze({
    ...values,
    projectDir: PROJECT_DIR,
    dataDir: resolve(PROJECT_DIR, values.DATA_DIR),
    replayFile: resolve(PROJECT_DIR, values.REPLAY_FILE),
    serviceKeyFile: resolve(
      PROJECT_DIR,
      values.SERVICE_KEY_FILE || join(values.DATA_DIR, 'service-key.json'),
    ),
    pageDir: resolve(PROJECT_DIR, 'web/dist'),
    origins,
  });
}

/** The text of `.env.example`. */
export function renderEnvExample(): string {
  const lines = Object.entries(CONFIG_FIELDS).map(([name, { schema, meaning }]) => {
    const value = name === 'BROADCASTER_THREADS' ? '' : schema.parse(undefined);
    return `# ${meaning}\n#${name}=${value}\n`;
  });
  const head = `# Every setting with its default. Put them into the environment; nothing reads this file.\n`;
  return `${head}\n${lines.join('\n')}`;
}

const localOrigins = (ofPort: number): string[] => [
  `http://localhost:${ofPort}`,
  `http://127.0.0.1:${ofPort}`,
];

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
}

function field<S extends z.ZodType>(
  schema: S,
  meaning: string,
): { readonly schema: S; readonly meaning: string } {
  return { schema, meaning };
}
