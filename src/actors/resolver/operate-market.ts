/**
 * What operators do: pausing, resuming, voiding. Each command is one row of the ledger, written in the
 * transaction of its effects; the same command again finds that row and changes nothing.
 *
 * Stakes of voided bets come back exactly, what the house put up too, whatever the bet would have become.
 */
import type { Bet } from '../../domain/bet.ts';
import type { BetVoided } from '../../domain/ledger.ts';
import type { DecidedCell } from '../../domain/open-bets.ts';
import type { Received } from '../../protocol/envelope.ts';
import { done, type Outcome, refused } from '../../protocol/errors.ts';
import type {
  OperateMarket,
  OperateMarketBody,
  OperationsView,
  OperationView,
  OperatorCommand,
} from '../../protocol/letters/operate-market.ts';
import type { ActorContext } from '../../runtime/index.ts';
import { announceSettled } from './apply-ticks.ts';
import type { OperatorAction } from './ledger-store.ts';
import { updatePause } from './pause.ts';
import { noteAction, noteEvent, type ResolverState } from './resolver-state.ts';

/** `known`: what the ledger holds under this command's id. */
export function operate(
  state: ResolverState,
  { body }: Received<OperateMarket>,
  known: OperatorAction | undefined,
  context: ActorContext,
): Outcome<OperationView> {
  const before = known ?? state.draft.actions.find(({ id }) => id === body.id);
  if (before) return isSame(before, body) ? done(before) : refused('IDEMPOTENCY_CONFLICT');
  const { command, actor, reason, id } = body;
  const action = command.type === 'void-column' ? 'void' : command.type;
  const bets = carryOut(state, command, context);
  if (action === 'void' && bets === 0) return refused('NOT_FOUND');
  const atMs = context.clock.nowMs();
  const target = targetOf(command);
  const entry = { id, atMs, tickSeq: state.book.lastSeq, actor, action, target, reason, bets };
  noteAction(state, entry);
  context.metrics.count('resolver_operator_actions_total', { action });
  context.log.warn({ operation: entry }, 'an operator acted');
  return done(entry);
}

/** As of the last commit. */
export async function operations(state: ResolverState, limit: number): Promise<OperationsView> {
  const actions = await state.ports.store.listActions(limit);
  const { pauseReason } = state;
  return { paused: state.book.paused, ...(pauseReason && { pauseReason }), actions };
}

/** Returns how many bets it voided. */
function carryOut(state: ResolverState, command: OperatorCommand, context: ActorContext): number {
  switch (command.type) {
    case 'pause':
    case 'resume':
      state.isOperatorPaused = command.type === 'pause';
      updatePause(state);
      return 0;
    case 'void':
      return voidBets(state, (bet) => bet.id === command.betId, context);
    case 'void-column': {
      const { opensAtMs, closesAtMs } = command;
      const isOfColumn = ({ cell }: Bet) => cell.opensAtMs === opensAtMs && cell.closesAtMs === closesAtMs;
      return voidBets(state, isOfColumn, context);
    }
    default:
      return command satisfies never;
  }
}

function voidBets(state: ResolverState, matches: (bet: Bet) => boolean, context: ActorContext): number {
  const voided = state.book.voidByOperator(matches);
  for (const settled of voided) noteEvent(state, settled);
  announceSettled(state, voided.map(aloneOnItsCell), context);
  return voided.length;
}

const aloneOnItsCell = ({ bet, verdict }: BetVoided): DecidedCell => ({
  cell: bet.cell,
  rules: bet.settlementRules,
  verdict,
  bets: [bet],
});

function targetOf(command: OperatorCommand): string {
  if (command.type === 'void') return command.betId;
  return command.type === 'void-column' ? `${command.opensAtMs}-${command.closesAtMs}` : '';
}

const isSame = (before: OperatorAction, { actor, reason, command }: OperateMarketBody): boolean =>
  before.actor === actor &&
  before.reason === reason &&
  before.target === targetOf(command) &&
  before.action === (command.type === 'void-column' ? 'void' : command.type);
