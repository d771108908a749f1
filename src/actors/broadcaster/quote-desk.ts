/**
 * Dry runs for clients: quotes of cells and what is left of the limits, asked of the Resolver, which alone
 * knows what the house owes. With a wallet, its own caps and limits count too.
 *
 * Anybody may ask, signed in or not, and a cell costs the Resolver 11 µs. So what is under way is bounded,
 * and what is asked in a second: however many ask, bets find their place in its mailbox and its time.
 * Strangers have a bound of their own, and cannot use up that of wallets.
 */

import { parseMicros } from '../../domain/units.ts';
import type { LimitsLeft } from '../../protocol/api/limits-answers.ts';
import { cellOf, firstField } from '../../protocol/api/place-bet-request.ts';
import {
  type QuotesAnswer,
  type QuotesRequest,
  quotesRequestSchema,
} from '../../protocol/api/quote-answers.ts';
import { type Outcome, refused } from '../../protocol/errors.ts';
import { RESOLVER } from '../../protocol/letters/resolver.ts';
import type { ActorContext } from '../../runtime/index.ts';
import { outcomeOf } from './http-answer.ts';

const DEADLINE_MS = 3_000;
/** Full letters of this many cost the Resolver 20 ms. */
const UNDER_WAY_MAX = 32;
/** Of strangers, and as many of wallets: each about 5 % of the Resolver's thread. */
const CELLS_PER_SECOND_MAX = 5_000;

export class QuoteDesk {
  readonly #context: Pick<ActorContext, 'ask' | 'clock'>;
  #underWay = 0;
  #second = 0;
  /** Asked in that second. */
  #cells = { strangers: 0, wallets: 0 };

  constructor(context: Pick<ActorContext, 'ask' | 'clock'>) {
    this.#context = context;
  }

  /** `request` has been validated. */
  quote({ cells }: QuotesRequest, wallet?: string): Promise<Outcome<QuotesAnswer>> {
    const asked = cells.map((request) => {
      const stakeMicros = parseMicros(request.stakeMicros ?? '');
      return { cell: cellOf(request), ...(stakeMicros !== undefined && { stakeMicros }) };
    });
    const letter = { type: 'QuoteCells', body: { ...(wallet && { wallet }), cells: asked } } as const;
    return this.#bounded(cells.length, wallet, async () =>
      outcomeOf(await this.#context.ask(RESOLVER, letter, { deadlineMs: DEADLINE_MS })),
    );
  }

  /** `body`: a QuotesRequest as it came in on a socket. */
  async quoteAsSent(body: unknown, wallet?: string): Promise<Outcome<QuotesAnswer>> {
    const parsed = quotesRequestSchema.safeParse(body);
    if (!parsed.success) return refused('MALFORMED', { field: firstField(parsed.error) });
    return this.quote(parsed.data, wallet);
  }

  limitsLeft(wallet?: string): Promise<Outcome<LimitsLeft>> {
    const letter = { type: 'GetLimits', body: wallet === undefined ? {} : { wallet } } as const;
    return this.#bounded(1, wallet, async () =>
      outcomeOf(await this.#context.ask(RESOLVER, letter, { deadlineMs: DEADLINE_MS })),
    );
  }

  async #bounded<T>(
    cells: number,
    wallet: string | undefined,
    work: () => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    if (this.#underWay >= UNDER_WAY_MAX) return refused('MAILBOX_FULL');
    if (!this.#take(cells, wallet === undefined ? 'strangers' : 'wallets'))
      return refused('RATE_LIMITED', { retryAfterSeconds: 1 });
    this.#underWay += 1;
    try {
      return await work();
    } finally {
      this.#underWay -= 1;
    }
  }

  #take(cells: number, whose: 'strangers' | 'wallets'): boolean {
    const second = Math.floor(this.#context.clock.monotonicMs() / 1_000);
    if (second !== this.#second) this.#cells = { strangers: 0, wallets: 0 };
    this.#second = second;
    if (this.#cells[whose] + cells > CELLS_PER_SECOND_MAX) return false;
    this.#cells[whose] += cells;
    return true;
  }
}
