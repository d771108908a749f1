/**
 * Dry runs: what bets would get, and what is left of the limits, as of the last tick. Read from the book and
 * nothing else; nothing is kept, reserved or written.
 */
import { type CapLeft, type CapName, houseCapsLeft, walletCapsLeft } from '../../domain/caps.ts';
import { type Refusal, refusalOfShape, refuse } from '../../domain/place-bet.ts';
import { type BetQuote, type QuoteCommand, quoteBet } from '../../domain/quote-bet.ts';
import type { IndexTick } from '../../domain/tick.ts';
import { formatMicros, formatMultiplier, type Micros, micros } from '../../domain/units.ts';
import type { LimitsLeft } from '../../protocol/api/limits-answers.ts';
import type { QuotesAnswer, QuoteView } from '../../protocol/api/quote-answers.ts';
import type { Received } from '../../protocol/envelope.ts';
import { done, type Outcome, refused } from '../../protocol/errors.ts';
import type { GetLimits, QuoteCells } from '../../protocol/letters/resolver.ts';
import type { ActorContext } from '../../runtime/index.ts';
import { accountViewOrEmpty } from './bet-views.ts';
import { isFeedDown, withPause } from './execute-bets.ts';
import type { ResolverState } from './resolver-state.ts';
import { selfLimitsView } from './set-self-limits.ts';

export function quoteCells(
  state: ResolverState,
  { body: { wallet, cells } }: Received<QuoteCells>,
  context: ActorContext,
): Outcome<QuotesAnswer> {
  const tick = state.book.lastTick;
  if (!tick) return refused('NO_PRICE');
  const isDown = isFeedDown(state, context.clock.nowMs());
  const quotes = cells.map((cell) =>
    quoted(state, quoteOrRefusal(state, { ...cell, ...(wallet && { wallet }) }, tick, isDown)),
  );
  return done({ quotes, seq: tick.seq, atMs: tick.atMs });
}

/** In the order of placing: a shape is refused at receipt, and a bet that no tick comes for is not priced. */
function quoteOrRefusal(
  { book }: ResolverState,
  command: QuoteCommand,
  tick: IndexTick,
  isDown: boolean,
): BetQuote | Refusal {
  const misshapen = refusalOfShape(command.cell);
  if (misshapen) return misshapen;
  return isDown ? refuse('FEED_DEGRADED') : quoteBet(book, command, tick);
}

function quoted(state: ResolverState, quote: BetQuote | Refusal): QuotesAnswer['quotes'][number] {
  if (quote.status === 'quoted') return { ok: true, quote: quoteView(quote) };
  const { reason, details } = withPause(state, quote);
  return refused(reason, details);
}

function quoteView(quote: BetQuote): QuoteView {
  const { capLeast, refusal } = quote;
  return {
    stakeMicros: formatMicros(quote.stakeMicros),
    probability: quote.probability,
    fairMultiplier: formatMultiplier(quote.fairMultiplier),
    multiplier: formatMultiplier(quote.multiplier),
    payoutMicros: formatMicros(quote.payoutMicros),
    edge: quote.edge,
    capLeftMicros: {
      ...(byName(quote.capsLeft) as QuoteView['capLeftMicros']),
      least: { cap: capLeast.cap, micros: leftText(capLeast.leftMicros) },
    },
    maxStakeMicros: formatMicros(quote.maxStakeMicros),
    ...(refusal && { disabledReason: refusal.reason }),
  };
}

export function limitsLeft(
  { book }: ResolverState,
  { body: { wallet } }: Received<GetLimits>,
  context: ActorContext,
): Outcome<LimitsLeft> {
  const tick = book.lastTick;
  if (!tick) return refused('NO_PRICE');
  const { seq, atMs } = tick;
  const houseLeftMicros = byName(houseCapsLeft(book, atMs)) as LimitsLeft['houseLeftMicros'];
  if (wallet === undefined) return done({ seq, atMs, houseLeftMicros });
  const { selfLimits, exposure } = book;
  const roomMicros = selfLimits.stakeRoomMicros(wallet, exposure.wallet(wallet).stakedMicros, atMs);
  const own: LimitsLeft['wallet'] = {
    account: accountViewOrEmpty(book, wallet),
    leftMicros: byName(walletCapsLeft(book, wallet, atMs)) as { walletOpen: string; walletMinute: string },
    selfLimits: selfLimitsView(selfLimits.state(wallet), context.clock.nowMs()),
    ...(roomMicros !== undefined && { selfStakeMicrosMax: leftText(roomMicros) }),
  };
  return done({ seq, atMs, houseLeftMicros, wallet: own });
}

const byName = (caps: readonly CapLeft[]): { readonly [K in CapName]?: string } =>
  Object.fromEntries(caps.map(({ cap, leftMicros }) => [cap, leftText(leftMicros)]));

/** More than all of it may be used; what is left to somebody else is nothing then. */
const leftText = (leftMicros: Micros): string => formatMicros(micros(Math.max(0, leftMicros)));
