/** The ledger as its own witness (LedgerBooks), and rows of what is chained beside transfers. */
import type { VoidVerdict } from '../../domain/settlement.ts';
import type { SqliteDatabase } from '../../runtime/index.ts';
import {
  type ChainedAction,
  type ChainedVerdict,
  type ChainStatements,
  genesisOf,
  headOf,
} from './ledger-chain.ts';
import { LedgerReplay } from './ledger-replay.ts';
import type { LedgerBooks, OperatorAction, OperatorActionType } from './ledger-store.ts';

export function sqliteBooks(db: SqliteDatabase, chain: ChainStatements): LedgerBooks {
  const ledgerId = chain.ledgerId();
  const genesis = genesisOf(ledgerId);
  const sum = db.prepare<[], { sum: number }>('SELECT sum(balance_micros) AS sum FROM accounts');
  return {
    head: () => headOf(ledgerId, chain.last() ?? genesis),
    hashAt: (seq) => (seq === 0 ? genesis : chain.at(seq))?.hash.toString('hex'),
    readBack: () => new LedgerReplay(db),
    sumMicros: () => sum.get()?.sum ?? 0,
  };
}

export const verdictRow = ({ reason, decidedSeq, decidedAtMs }: VoidVerdict): ChainedVerdict => ({
  status: 'void',
  reason,
  settled_seq: decidedSeq,
  settled_at_ms: decidedAtMs,
});

export const actionRow = (action: OperatorAction, seq: number): ChainedAction => ({
  seq,
  id: action.id,
  at_ms: action.atMs,
  tick_seq: action.tickSeq,
  actor: action.actor,
  action: action.action,
  target: action.target,
  reason: action.reason,
  bets: action.bets,
});

export const actionOfRow = (row: ChainedAction): OperatorAction => ({
  id: row.id,
  atMs: row.at_ms,
  tickSeq: row.tick_seq,
  actor: row.actor,
  action: row.action as OperatorActionType,
  target: row.target,
  reason: row.reason,
  bets: row.bets,
});
