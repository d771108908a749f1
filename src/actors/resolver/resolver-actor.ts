/**
 * The Resolver: the single writer of money. Balances, reserves and open bets live in memory, rebuilt from the
 * ledger at start; a batch of letters is decided against them and made durable in one transaction.
 *
 * Invariants: no answer leaves before its commit; an acknowledged bet is in the ledger and settles exactly
 * once, from recorded ticks only; the same request has the same answer for ever. If anything throws, this
 * life ends; there is no undo.
 */

import { HOUSE } from '../../domain/ledger.ts';
import { capMicrosFloor } from '../../domain/rules.ts';
import { micros } from '../../domain/units.ts';
import type { AccountView } from '../../protocol/bet-view.ts';
import type { Received } from '../../protocol/envelope.ts';
import { done, type Outcome } from '../../protocol/errors.ts';
import {
  RESOLVER,
  type ResolverLetter,
  type ResolverRead,
  type SetSelfLimits,
} from '../../protocol/letters/resolver.ts';
import { type ActorContext, type ActorDefinition, defineActor } from '../../runtime/index.ts';
import { answerRead } from './answer-reads.ts';
import { announceMarket, applyFromLog, applyTicks } from './apply-ticks.ts';
import { requestKeyText } from './bet-request.ts';
import { accountViewOrEmpty } from './bet-views.ts';
import { type PlacingLetter, requestsOf } from './bets-asked.ts';
import { refuseOverdue, takeLetter } from './execute-bets.ts';
import { operate } from './operate-market.ts';
import { updatePause } from './pause.ts';
import {
  bookEvent,
  commitTurn,
  isClockBehind,
  type ResolverPorts,
  type ResolverState,
  tellWallet,
} from './resolver-state.ts';
import { setSelfLimits } from './set-self-limits.ts';
import { startResolver } from './start-resolver.ts';

/** How often bets that wait in vain are looked for, and a silent feed is looked up in the log. */
const SWEEP_INTERVAL_MS = 250;
/** So long after the last tick, its letters may have been lost. */
const FEED_SILENCE_MS = 1_000;

export const resolverActor = (ports: ResolverPorts): ActorDefinition<ResolverLetter, ResolverState> =>
  defineActor<ResolverLetter, ResolverState>({
    name: RESOLVER.name,
    async start(context) {
      const state = await startResolver(ports, context);
      context.every(SWEEP_INTERVAL_MS, () => sweep(state, context));
      return state;
    },
    receive: receiveBatch,
    stop: (state) => state.watch.stop(),
  });

async function receiveBatch(
  state: ResolverState,
  letters: readonly Received<ResolverLetter>[],
  context: ActorContext,
): Promise<void> {
  const requests = letters.flatMap((letter) => (isPlacing(letter) ? requestsOf(letter) : []));
  if (isClockBehind(state, context) && requests.length > 0) await applyAllRecorded(state, context);
  const answers = requests.length > 0 ? await state.ports.store.findAnswers(requests) : [];
  const stored = new Map(answers.map((answer) => [requestKeyText(answer), answer]));
  const wishes: Received<SetSelfLimits>[] = [];
  const reads: Received<ResolverRead>[] = [];
  for (const letter of letters) {
    switch (letter.type) {
      case 'TicksRecorded':
        await applyTicks(state, letter.body.ticks, context);
        break;
      case 'PlaceBet':
      case 'PlaceBets':
        takeLetter(state, letter, stored, context);
        break;
      case 'OpenAccount':
        context.reply(letter, openAccount(state, letter.body.wallet));
        break;
      case 'OperateMarket': {
        const known = await state.ports.store.findAction(letter.body.id);
        context.reply(letter, operate(state, letter, known, context));
        break;
      }
      case 'SetSelfLimits':
        wishes.push(letter);
        break;
      default:
        reads.push(letter satisfies Received<ResolverRead>);
    }
  }
  await endTurn(state, context);
  for (const letter of wishes) context.reply(letter, await setSelfLimits(state, letter, context));
  if (wishes.length > 0) await endTurn(state, context);
  for (const letter of reads) context.reply(letter, await answerRead(state, letter, context));
}

/**
 * By a clock that was set back, bets come earlier than ticks that are recorded and only on their way here: at
 * those they would be executed in hindsight. What is applied before a bet is taken executes it no more.
 */
async function applyAllRecorded(state: ResolverState, context: ActorContext): Promise<void> {
  while (await applyFromLog(state, context));
}

const isPlacing = (letter: Received<ResolverLetter>): letter is PlacingLetter =>
  letter.type === 'PlaceBet' || letter.type === 'PlaceBets';

/** Lost letters and a silent feed must not leave anyone waiting. */
async function sweep(state: ResolverState, context: ActorContext): Promise<void> {
  state.watch.look();
  isClockBehind(state, context);
  updatePause(state);
  const silentMs = context.clock.nowMs() - (state.book.lastTick?.atMs ?? 0);
  if (silentMs > FEED_SILENCE_MS) await applyFromLog(state, context);
  refuseOverdue(state, context);
  await endTurn(state, context);
  state.relay.check();
}

async function endTurn(state: ResolverState, context: ActorContext): Promise<void> {
  announceMarket(state, context);
  await commitTurn(state, context);
  state.draft.answered.clear();
  context.metrics.gauge('resolver_open_bets', state.book.openBetCount);
  context.metrics.gauge('resolver_pending_bets', state.pending.size);
}

/** The grant is given once, and only while the house can spare it; after that, accounts open empty. */
function openAccount(state: ResolverState, wallet: string): Outcome<AccountView> {
  const { book } = state;
  if (!book.account(wallet)) {
    const { startingGrantMicros, grantFloorFraction, houseBankrollMicros } = book.rules;
    const spareMicros = book.balances.of(HOUSE) - capMicrosFloor(houseBankrollMicros, grantFloorFraction);
    const grantMicros = spareMicros < startingGrantMicros ? micros(0) : startingGrantMicros;
    bookEvent(state, { type: 'AccountOpened', wallet, grantMicros });
    const account = accountViewOrEmpty(book, wallet);
    tellWallet(state, { type: 'AccountOpened', wallet, account, seq: book.lastSeq });
  }
  return done(accountViewOrEmpty(book, wallet));
}
