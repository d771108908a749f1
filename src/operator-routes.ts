/**
 * What operators do over the admin port: `POST /operate`, `GET /operations`. The port is loopback only, and a
 * token in a file beside the data says that the caller may read that file.
 *
 * Every command goes to the Resolver as a control letter and is a row of the ledger. There is no command that
 * sets a price or an outcome.
 */
import { timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { ERRORS, type Outcome, publicError, refused } from './protocol/errors.ts';
import { RESOLVER } from './protocol/letters/resolver.ts';
import type { AdminAnswer, AdminRequest } from './runtime/admin/admin-server.ts';
import { type AskResult, systemRandom } from './runtime/index.ts';
import { askFromOutside } from './runtime/mailbox/ask-from-outside.ts';

const TOKEN_BYTES = 32;
const ASK_DEADLINE_MS = 5_000;
const ACTIONS_SHOWN = 50;

const instantMs = z.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const operateSchema = z.strictObject({
  /** The operator's own name for the command: sent twice, it is done once. */
  id: z.string().regex(/^[A-Za-z0-9._:-]{1,64}$/),
  actor: z.string().min(1).max(100),
  reason: z.string().min(1).max(500),
  command: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('pause') }),
    z.strictObject({ type: z.literal('resume') }),
    z.strictObject({ type: z.literal('void'), betId: z.string().min(1).max(64) }),
    z.strictObject({ type: z.literal('void-column'), opensAtMs: instantMs, closesAtMs: instantMs }),
  ]),
});

export interface OperatorRoutesOptions {
  readonly tokenPath: string;
  /** The Redis of the mailboxes. */
  readonly redisUrl: string;
}

/** The token, made at the first start: readable by the owner only. */
export function operatorToken(path: string): string {
  if (!existsSync(path)) {
    const fresh = `${path}.new`;
    const token = Buffer.from(systemRandom.bytes(TOKEN_BYTES)).toString('hex');
    writeFileSync(fresh, `${token}\n`, { mode: 0o600, flush: true });
    renameSync(fresh, path);
  }
  return readFileSync(path, 'utf8').trim();
}

/** Answers what is for operators; undefined for any other path. */
export function operatorRoutes({ tokenPath, redisUrl }: OperatorRoutesOptions) {
  const token = operatorToken(tokenPath);
  const ask = { redisUrl, deadlineMs: ASK_DEADLINE_MS };
  return async ({ method, path, authorization, body }: AdminRequest): Promise<AdminAnswer | undefined> => {
    if (path !== '/operate' && path !== '/operations') return undefined;
    if (!isToken(authorization, token)) return answerOf(refused('UNAUTHENTICATED'));
    if (path === '/operations') {
      if (method !== 'GET') return answerOf(refused('METHOD_NOT_ALLOWED'));
      const letter = { type: 'GetOperations', body: { limit: ACTIONS_SHOWN } } as const;
      return answerOf(outcomeOf(await askFromOutside(RESOLVER, letter, ask)));
    }
    if (method !== 'POST') return answerOf(refused('METHOD_NOT_ALLOWED'));
    const wanted = operateSchema.safeParse(parseJson(body));
    if (!wanted.success) {
      const field = wanted.error.issues[0]?.path.join('.') ?? '';
      return answerOf(refused('MALFORMED', { field }));
    }
    const letter = { type: 'OperateMarket', body: wanted.data } as const;
    return answerOf(outcomeOf(await askFromOutside(RESOLVER, letter, ask)));
  };
}

function isToken(authorization: string | undefined, token: string): boolean {
  const expected = Buffer.from(`Bearer ${token}`);
  const given = Buffer.from(authorization ?? '');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const outcomeOf = <T>(asked: AskResult<Outcome<T>>): Outcome<T> =>
  asked.ok ? asked.reply : { ok: false, error: publicError(asked.code) };

const answerOf = (outcome: Outcome<unknown>): AdminAnswer =>
  outcome.ok
    ? { status: 200, body: outcome.value }
    : { status: ERRORS[outcome.error.code].status, body: { error: outcome.error } };
