/**
 * A conventional bet service: Fastify (and `ws` for sockets), ioredis, better-sqlite3, one transaction a bet.
 * One process, as one SQLite writer has it; sessions and rate limits in Redis; the same checks of shape,
 * session, rate, price, balance and duplicates as the product, and the same durability. It does less: no
 * caps on exposure, no receipts, no events, no settling, and a bet is priced where it arrives.
 */
import { createHash } from 'node:crypto';
import { Ajv } from 'ajv';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { Redis } from 'ioredis';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Cell } from '../../src/domain/cell.ts';
import { quoteCell } from '../../src/domain/pricing/odds.ts';
import { DEFAULT_MARKET_RULES as RULES } from '../../src/domain/rules.ts';
import { cents, micros } from '../../src/domain/units.ts';
import { BetLedger, type NewBet } from './bet-ledger.ts';

interface BetBody {
  readonly symbol: string;
  readonly kind: Cell['kind'];
  readonly opensAtMs: number;
  readonly closesAtMs: number;
  readonly lowCents: number | null;
  readonly highCents: number | null;
  readonly stakeMicros: string;
  readonly minMultiplier: string;
}

interface Account {
  readonly wallet: string;
  readonly token: string;
}

const BETS_PER_MINUTE = 1_000_000;
const SESSION_SECONDS = 3_600;
const SIGMA = 1.07e-4;
const COLUMNS = 11;
const ROWS_EACH_WAY = 10;
const ROW_CENTS = 1_000;

const betSchema = {
  type: 'object',
  additionalProperties: false,
  required: [
    'symbol',
    'kind',
    'opensAtMs',
    'closesAtMs',
    'lowCents',
    'highCents',
    'stakeMicros',
    'minMultiplier',
  ],
  properties: {
    symbol: { const: 'btc:usd' },
    kind: { enum: ['touch', 'no_touch', 'inside', 'outside'] },
    opensAtMs: { type: 'integer', minimum: 1 },
    closesAtMs: { type: 'integer', minimum: 1 },
    lowCents: { type: ['integer', 'null'], minimum: 0 },
    highCents: { type: ['integer', 'null'], minimum: 0 },
    stakeMicros: { type: 'string', pattern: '^[0-9]{1,15}$' },
    minMultiplier: { type: 'string', pattern: '^[0-9]{1,7}(\\.[0-9]{1,2})?$' },
  },
} as const;

const [port = '', redisUrl = '', ledgerPath = ''] = process.argv.slice(2);
const redis = new Redis(redisUrl, { enableAutoPipelining: true });
const ledger = new BetLedger(ledgerPath);
let priceCents = 6_000_000;
setInterval(() => {
  priceCents += Math.round((Math.random() - 0.5) * 200);
}, RULES.tickMs);

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

class Refused extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

/** The wallet of the session, counted against its bets of the minute. */
async function authorize(token: string | undefined): Promise<string> {
  const wallet = token?.split('.')[0];
  if (!token || !wallet) throw new Refused(401, 'UNAUTHENTICATED');
  const limit = `rate_limit:${wallet}`;
  const [session, count] = await Promise.all([
    redis.get(`session:${wallet}`),
    redis.incr(limit),
    redis.expire(limit, 60, 'NX'),
  ]);
  if (session === null || JSON.parse(session).tokenHash !== sha256(token))
    throw new Refused(401, 'UNAUTHENTICATED');
  if (count > BETS_PER_MINUTE) throw new Refused(429, 'RATE_LIMITED');
  return wallet;
}

function quoteHundredths(cell: Cell, atMs: number): number | undefined {
  const quote = quoteCell({
    cell,
    priceCents: cents(priceCents),
    atMs,
    sigmaPerSqrtSecond: SIGMA,
    tickMs: RULES.tickMs,
    exposureMicros: micros(0),
    exposureCapMicros: micros(1_000_000_000),
    rules: RULES.odds,
  });
  return quote.status === 'open' ? quote.multiplier : undefined;
}

async function placeBet(token: string | undefined, idempotencyKey: string, body: BetBody): Promise<NewBet> {
  const wallet = await authorize(token);
  const atMs = Date.now();
  const { stakeMicros: stakeText, minMultiplier, symbol: _symbol, ...cell } = body;
  const stakeMicros = Number(stakeText);
  if (cell.opensAtMs - atMs < RULES.lockMs) throw new Refused(409, 'COLUMN_LOCKED');
  if (stakeMicros < RULES.minStakeMicros || stakeMicros > RULES.maxStakeMicros)
    throw new Refused(422, 'STAKE_OUT_OF_RANGE');
  const multiplierHundredths = quoteHundredths({ ...cell, symbol: 'btc:usd' } as Cell, atMs);
  if (multiplierHundredths === undefined) throw new Refused(409, 'CELL_DISABLED');
  if (multiplierHundredths < Number(minMultiplier) * 100) throw new Refused(409, 'QUOTE_MOVED');
  const bet: NewBet = {
    id: `bet_${sha256(`${wallet}|${idempotencyKey}`).slice(0, 32)}`,
    ...{ wallet, idempotencyKey, ...cell, stakeMicros, multiplierHundredths },
    payoutMicros: Math.floor((stakeMicros * multiplierHundredths) / 100),
    ...{ acceptedAtMs: atMs, acceptedPriceCents: priceCents },
  };
  const placed = ledger.place(bet, sha256(JSON.stringify([wallet, body])));
  if (!placed.ok) throw new Refused(409, placed.code);
  return placed.bet;
}

const app = Fastify();
app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
  const status = error instanceof Refused ? error.status : (error.statusCode ?? 500);
  const code = error instanceof Refused ? error.code : error.message;
  void reply.status(status).send({ error: { code } });
});
app.post(
  '/v1/bets',
  { schema: { body: betSchema } },
  async (request: FastifyRequest, reply: FastifyReply) => {
    const token = request.headers.authorization?.slice('Bearer '.length);
    const bet = await placeBet(token, String(request.headers['idempotency-key']), request.body as BetBody);
    return reply.status(201).send(bet);
  },
);
app.get('/v1/grid', async () => grid(Date.now()));

function grid(atMs: number) {
  const first = Math.ceil((atMs + RULES.lockMs) / RULES.columnMs);
  const columns = Array.from({ length: COLUMNS }, (_, c) => (first + c) * RULES.columnMs);
  const middle = Math.floor(priceCents / ROW_CENTS);
  const rows = Array.from(
    { length: 2 * ROWS_EACH_WAY + 1 },
    (_, r) => (middle + r - ROWS_EACH_WAY) * ROW_CENTS,
  );
  const multipliers = columns.map((opensAtMs) =>
    rows.map((low) => {
      const edges = { lowCents: cents(low), highCents: cents(low + ROW_CENTS) };
      const closesAtMs = opensAtMs + RULES.columnMs;
      const offered = quoteHundredths(
        { symbol: 'btc:usd', kind: 'touch', opensAtMs, closesAtMs, ...edges },
        atMs,
      );
      return offered === undefined ? null : (offered / 100).toFixed(2);
    }),
  );
  return {
    atMs,
    seq: 1,
    priceCents,
    columnMs: RULES.columnMs,
    rowHeightCents: ROW_CENTS,
    columns,
    rows,
    multipliers,
  };
}

/** Fastify checks bodies with it too. */
const isBet = new Ajv().compile<BetBody>(betSchema);

function onSocket(socket: WebSocket): void {
  let token: string | undefined;
  socket.on('message', async (data) => {
    const frame = JSON.parse(String(data));
    const { id, op } = frame;
    if (op === 'auth') {
      token = frame.token;
      socket.send(JSON.stringify({ ack: 'auth', id }));
      return;
    }
    try {
      if (op !== 'place' || !isBet(frame.bet)) throw new Refused(400, 'MALFORMED');
      const bet = await placeBet(token, frame.idempotencyKey, frame.bet);
      socket.send(JSON.stringify({ ack: 'place', id, bet }));
    } catch (error) {
      const code = error instanceof Refused ? error.code : 'INTERNAL';
      socket.send(JSON.stringify({ ack: 'error', id, op, error: { code } }));
    }
  });
}

process.on('message', async ({ accounts, grantMicros }: { accounts: Account[]; grantMicros: number }) => {
  ledger.openAccounts(
    accounts.map(({ wallet }) => wallet),
    grantMicros,
  );
  for (const { wallet, token } of accounts)
    await redis.set(
      `session:${wallet}`,
      JSON.stringify({ wallet, tokenHash: sha256(token) }),
      'EX',
      SESSION_SECONDS,
    );
  process.send?.('accounts');
});
await app.listen({ port: Number(port), host: '127.0.0.1' });
new WebSocketServer({ server: app.server, path: '/v1/ws' }).on('connection', onSocket);
process.once('disconnect', () => process.exit(0));
process.send?.('ready');
