/** What everybody in the simulated world agrees on, and how the actors' log becomes part of the trace. */
import type { Logger } from '../../src/runtime/index.ts';
import type { Trace } from './trace.ts';

export const SIGN_IN = {
  origin: 'http://127.0.0.1:8080',
  domain: '127.0.0.1:8080',
  chainIds: [1],
  statement: 'Sign in to play.',
} as const;

/** So few that the bets of one tick are often more than one commit takes. */
export const BETS_PER_COMMIT_MAX = 2;

/** Warnings and worse; the rest says nothing the trace does not. */
export function tracingLogger(trace: Trace): Logger {
  const ignore = (): void => {};
  const note =
    (level: string) =>
    (first: unknown, second?: unknown): void =>
      trace.line(`log ${level}: ${typeof first === 'string' ? first : String(second)}`);
  const logger = {
    trace: ignore,
    debug: ignore,
    info: ignore,
    warn: note('warn'),
    error: note('error'),
    fatal: note('fatal'),
  };
  return logger as unknown as Logger;
}
