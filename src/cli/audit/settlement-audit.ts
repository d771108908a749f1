/**
 * Derives every settlement anew from the recorded ticks, with the same pure resolver, and compares it with
 * what was booked: outcome, reason, deciding tick, near miss, and every transfer.
 */
import type { Bet } from '../../domain/bet.ts';
import { cellKey } from '../../domain/cell.ts';
import { HOUSE, type Transfer, transfersOf } from '../../domain/ledger.ts';
import { hexOf } from '../../domain/proof/proof-bytes.ts';
import { statementDigests } from '../../domain/proof/signed-statements.ts';
import { canonicalTick, chainStep, GENESIS_HASH } from '../../domain/proof/tick-chain.ts';
import { type CellVerdict, type DecidedVerdict, settleFromTicks } from '../../domain/settlement.ts';
import { type IndexTick, SYMBOL } from '../../domain/tick.ts';
import { keccak256, recoverAddress, sha256 } from '../../runtime/secp256k1.ts';
import type { AuditedBet, BookedBet, BookedBets, BookedCell, BookedTransfer } from './booked-bets.ts';
import type { RecordedTicks } from './recorded-ticks.ts';

export interface AuditFindings {
  bets: number;
  readonly outcomes: { won: number; lost: number; void: number; open: number };
  /** Voided by an operator: booked as void, but no tick could say so. */
  operatorVoids: number;
  /** Bets that were settled, or paid, otherwise than the ticks say. */
  mismatches: number;
  /** Accounts that do not add up. */
  ledgerProblems: number;
  ticks: number;
  checkpoints: number;
  /** Holes in the tick log, and places where it is not what was chained or signed. */
  chainProblems: number;
  readonly signers: Set<string>;
  /** The first of all these, in words. */
  readonly problems: string[];
}

const PROBLEMS_TOLD_MAX = 20;
const FATES_KEPT_MAX = 10_000;
const digests = statementDigests({ keccak256 });

/** `onPiece` is told how many ticks and bets are behind. */
export function audit(
  ticks: RecordedTicks,
  bets: BookedBets,
  onPiece: (ticksDone: number, betsDone: number) => void,
): AuditFindings {
  const findings: AuditFindings = {
    ...{ bets: 0, operatorVoids: 0, mismatches: 0, ledgerProblems: 0, ticks: 0 },
    ...{ checkpoints: 0, chainProblems: 0, signers: new Set<string>(), problems: [] },
    outcomes: { won: 0, lost: 0, void: 0, open: 0 },
  };
  const chain = new ChainAudit(ticks, findings);
  const fates = new CellFates(ticks);
  const shares = new CellShares();
  const booked = bets.inOrder();
  let next = booked.next();
  const { cursorSeq } = bets;
  const judgeUpTo = (lastSeq: number): void => {
    for (; !next.done && (next.value.settledSeq ?? cursorSeq) <= lastSeq; next = booked.next()) {
      const isRight = judge(next.value, ticks, fates, cursorSeq, findings);
      shares.add(next.value, isRight);
    }
  };
  for (const piece of ticks.pieces()) {
    chain.take(piece);
    judgeUpTo(piece.at(-1)?.seq ?? 0);
    onPiece(findings.ticks, findings.bets);
  }
  // Bets beyond the end of the log.
  judgeUpTo(Number.MAX_SAFE_INTEGER);
  chain.end();
  for (const problem of shares.problems(bets.cells())) {
    findings.mismatches += 1;
    tell(findings, problem);
  }
  for (const problem of bets.sums()) {
    findings.ledgerProblems += 1;
    tell(findings, problem);
  }
  return findings;
}

function tell(findings: AuditFindings, problem: string): void {
  if (findings.problems.length < PROBLEMS_TOLD_MAX) findings.problems.push(problem);
}

/** False: it was told as a mismatch. */
function judge(
  booked: AuditedBet,
  ticks: RecordedTicks,
  fates: CellFates,
  cursorSeq: number,
  findings: AuditFindings,
): boolean {
  findings.bets += 1;
  findings.outcomes[booked.status] += 1;
  const problem =
    wrongAcceptance(booked.bet, ticks) ??
    (booked.reason === 'OPERATOR' ? undefined : wrongOutcome(booked, fates, cursorSeq)) ??
    wrongTransfers(booked);
  if (booked.reason === 'OPERATOR') findings.operatorVoids += 1;
  if (problem === undefined) return true;
  findings.mismatches += 1;
  tell(findings, `${booked.bet.id}: ${problem}`);
  return false;
}

function wrongAcceptance(bet: Bet, ticks: RecordedTicks): string | undefined {
  const tick = ticks.at(bet.acceptedSeq);
  const isThere = tick?.atMs === bet.acceptedAtMs && tick.priceCents === bet.acceptedPriceCents;
  return isThere ? undefined : `accepted at a tick ${bet.acceptedSeq} that is not recorded so`;
}

function wrongOutcome(booked: BookedBet, fates: CellFates, cursorSeq: number): string | undefined {
  const { bet, status, settledSeq } = booked;
  const due = fates.of(bet, settledSeq ?? cursorSeq);
  const told = status === 'open' ? 'open' : bookedText(booked);
  return told === due ? undefined : `booked as ${told}; the ticks say ${due}`;
}

/** What becomes of a cell is the same for all bets on it that were accepted before it opened. */
class CellFates {
  readonly #ticks: RecordedTicks;
  readonly #known = new Map<string, string>();

  constructor(ticks: RecordedTicks) {
    this.#ticks = ticks;
  }

  /** With the ticks up to `toSeq`. */
  of({ cell, acceptedSeq, acceptedAtMs, settlementRules: rules }: Bet, toSeq: number): string {
    const key = `${cellKey(cell)}|${rules.maxGapMs}|${rules.maxDegradedFraction}|${toSeq}`;
    const isWhole = acceptedAtMs <= cell.opensAtMs;
    const known = isWhole ? this.#known.get(key) : undefined;
    if (known !== undefined) return known;
    const stretch = this.#ticks.stretch(acceptedSeq, toSeq, cell.opensAtMs);
    const fate = verdictText(settleFromTicks(cell, stretch, rules));
    if (this.#known.size >= FATES_KEPT_MAX) this.#known.clear();
    if (isWhole) this.#known.set(key, fate);
    return fate;
  }
}

function bookedText({ status, reason, settledSeq, settledAtMs, ...near }: BookedBet): string {
  const nearText = near.nearCents === null ? '' : ` near ${near.nearCents} ${near.nearAtMs} ${near.nearSeq}`;
  return `${status}${reason === null ? '' : ` ${reason}`} at ${settledSeq} ${settledAtMs}${nearText}`;
}

function verdictText(verdict: CellVerdict): string {
  if (verdict.outcome === 'open') return 'open';
  const at = `at ${verdict.decidedSeq} ${verdict.decidedAtMs}`;
  if (verdict.outcome === 'void') return `void ${verdict.reason} ${at}`;
  const { nearMiss: near } = verdict;
  return `${verdict.outcome} ${at}${near ? ` near ${near.cents} ${near.atMs} ${near.seq}` : ''}`;
}

/** What was moved for a bet alone is exactly what its acceptance and its outcome move, once each. */
function wrongTransfers(booked: AuditedBet): string | undefined {
  const { bet, cellSeq } = booked;
  const ofCell = cellSeq === null ? settling(booked) : settling(booked).filter(({ to }) => to !== HOUSE);
  const due = textsOf([...transfersOf({ type: 'BetAccepted', bet }), ...ofCell]);
  const found = textsOf(booked.transfers);
  return due === found ? undefined : `moved ${found}; due was ${due}`;
}

/** What its outcome moves. */
function settling({ bet, status, settledSeq, settledAtMs }: BookedBet): Transfer[] {
  if (status === 'open') return [];
  const decided = { decidedSeq: settledSeq ?? 0, decidedAtMs: settledAtMs ?? 0 };
  const verdict: DecidedVerdict =
    status === 'void' ? { outcome: 'void', reason: 'OPERATOR', ...decided } : { outcome: status, ...decided };
  const { cell, settlementRules: rules } = bet;
  return transfersOf({ type: 'CellSettled', cell, rules, verdict, bets: [bet] });
}

/**
 * What the bets of each settled cell leave to the house must be what it got for them together. A cell of
 * which a bet is a mismatch is not told of again.
 */
class CellShares {
  readonly #wrong = new Set<number>();
  readonly #due = new Map<number, { bets: number; toWallets: number; toHouseMicros: number }>();

  add(booked: AuditedBet, isRight: boolean): void {
    const { cellSeq } = booked;
    if (cellSeq === null) return;
    if (!isRight) this.#wrong.add(cellSeq);
    const due = this.#due.get(cellSeq) ?? { bets: 0, toWallets: 0, toHouseMicros: 0 };
    this.#due.set(cellSeq, due);
    due.bets += 1;
    for (const { to, amountMicros } of settling(booked)) {
      if (to === HOUSE) due.toHouseMicros += amountMicros;
      else due.toWallets += 1;
    }
  }

  *problems(cells: readonly BookedCell[]): Generator<string, void, undefined> {
    for (const { cellSeq, ...found } of cells) {
      if (this.#wrong.has(cellSeq)) continue;
      const due = this.#due.get(cellSeq);
      const [foundText, dueText] = [shareText(found), due ? shareText(due) : 'nothing'];
      if (foundText !== dueText) yield `settled cell ${cellSeq}: ${foundText}; due was ${dueText}`;
    }
  }
}

const shareText = ({ bets, toWallets, toHouseMicros }: Omit<BookedCell, 'cellSeq'>): string =>
  `${bets} bets, ${toWallets} paid, ${toHouseMicros} to the house`;

const textsOf = (transfers: readonly BookedTransfer[]): string =>
  transfers
    .map(({ code, from, to, amountMicros }) => `${code} ${from}→${to} ${amountMicros}`)
    .sort()
    .join(', ');

/** Follows the chain over all recorded ticks. */
class ChainAudit {
  readonly #findings: AuditFindings;
  readonly #head;
  readonly #checkpoints;
  #hash = GENESIS_HASH;
  #last: IndexTick | undefined;
  #next = 0;

  constructor(ticks: RecordedTicks, findings: AuditFindings) {
    this.#findings = findings;
    this.#head = ticks.chainHead();
    this.#checkpoints = ticks.checkpoints();
  }

  take(piece: readonly IndexTick[]): void {
    for (const tick of piece) {
      this.#findings.ticks += 1;
      if (tick.seq !== (this.#last?.seq ?? 0) + 1)
        this.#problem(`no tick between ${this.#last?.seq} and ${tick.seq}`);
      if (tick.atMs <= (this.#last?.atMs ?? 0))
        this.#problem(`tick ${tick.seq} is not later than the one before`);
      this.#last = tick;
      if (!this.#head || tick.seq > this.#head.seq) continue;
      this.#hash = chainStep(this.#hash, canonicalTick(tick), sha256);
      if (this.#checkpoints[this.#next]?.seq === tick.seq) this.#checkCheckpoint(tick);
      if (tick.seq === this.#head.seq && hexOf(this.#hash) !== hexOf(this.#head.hash))
        this.#problem(`the chain ends in ${hexOf(this.#head.hash)}, the ticks in ${hexOf(this.#hash)}`);
    }
  }

  end(): void {
    const lastSeq = this.#last?.seq ?? 0;
    if (this.#head && this.#head.seq > lastSeq)
      this.#problem(`${this.#head.seq} ticks were chained, ${lastSeq} are there`);
    if (this.#next < this.#checkpoints.length) this.#problem('checkpoints stand where no ticks are');
  }

  #checkCheckpoint(tick: IndexTick): void {
    const checkpoint = this.#checkpoints[this.#next];
    this.#next += 1;
    if (!checkpoint) return;
    this.#findings.checkpoints += 1;
    const { seq, atMs, signer, signature } = checkpoint;
    const hash = hexOf(checkpoint.hash);
    if (hash !== hexOf(this.#hash) || atMs !== tick.atMs)
      this.#problem(`the checkpoint at ${seq} is not of these ticks`);
    if (signer === null || signature === null) return;
    this.#findings.signers.add(signer);
    if (recoverAddress(digests.checkpoint({ symbol: SYMBOL, seq, atMs, hash }), signature) !== signer)
      this.#problem(`the checkpoint at ${seq} is not signed by ${signer}`);
  }

  #problem(text: string): void {
    this.#findings.chainProblems += 1;
    tell(this.#findings, text);
  }
}
