/**
 * What the service puts its name to: the receipt of an accepted bet and the proof of a settled one. Nothing
 * is stored: what a receipt says is a pure function of the frozen terms, signed where it is handed out. Those
 * in answers to placing share signatures; one that is asked for later is signed by itself, always the same.
 *
 * A proof is shown to the bet's own wallet; as it carries everything, whoever has it may show it to anybody.
 */
import type { Bet } from '../../domain/bet.ts';
import { PROOF_FORMAT, type Proof } from '../../domain/proof/proof.ts';
import { receiptRules } from '../../domain/proof/signed-statements.ts';
import { cents, parseMicros, parseMultiplier } from '../../domain/units.ts';
import type { BetView } from '../../protocol/bet-view.ts';
import { done, type Outcome, refused } from '../../protocol/errors.ts';
import { HISTORY_WRITER } from '../../protocol/letters/history-writer.ts';
import { RESOLVER } from '../../protocol/letters/resolver.ts';
import type { ActorContext, ServiceKey } from '../../runtime/index.ts';
import { outcomeOf } from './http-answer.ts';
import { ReceiptSigner } from './receipt-signer.ts';

const READ_DEADLINE_MS = 3_000;
/** An open bet settles at the first tick after its close; a log that is being chained gets on quickly. */
const PENDING_SECONDS = 1;
const NO_BETS: readonly Bet[] = [];

export class ProofDesk {
  readonly #context: Pick<ActorContext, 'ask' | 'clock'>;
  readonly #key: ServiceKey;
  readonly #receipts: ReceiptSigner;

  constructor(context: Pick<ActorContext, 'ask' | 'clock'>, key: ServiceKey) {
    this.#context = context;
    this.#key = key;
    this.#receipts = new ReceiptSigner(key);
  }

  /** Lower-case addresses: of the key that signs now, and of those that signed before. */
  get signers(): { readonly signer: string; readonly earlierSigners: readonly string[] } {
    return { signer: this.#key.address, earlierSigners: this.#key.earlier };
  }

  /** The bet with its receipt, signed by itself. */
  withReceipt(view: BetView): BetView {
    const bet = betOf(view);
    return bet ? { ...view, receipt: this.#receipts.alone(bet) } : view;
  }

  /** As withReceipts, of one. */
  async withReceiptOfTurn(placed: Outcome<BetView>): Promise<Outcome<BetView>> {
    const bet = placed.ok ? betOf(placed.value) : undefined;
    const [receipt] = await this.#receipts.together(bet ? [bet] : NO_BETS);
    return placed.ok && receipt ? done({ ...placed.value, receipt }) : placed;
  }

  /**
   * What came of bets, those that were accepted with their receipts; signed together with all other bets
   * whose outcomes came now. Outcomes leave in the order in which they come here.
   */
  async withReceipts(placed: readonly Outcome<BetView>[]): Promise<readonly Outcome<BetView>[]> {
    const bets = placed.map((outcome) => (outcome.ok ? betOf(outcome.value) : undefined));
    const receipts = (await this.#receipts.together(bets.filter((bet) => bet !== undefined))).values();
    return placed.map((outcome, place) => {
      const receipt = bets[place] && receipts.next().value;
      return outcome.ok && receipt ? done({ ...outcome.value, receipt }) : outcome;
    });
  }

  async proof(wallet: string, betId: string): Promise<Outcome<Proof>> {
    const found = await this.#context.ask(
      RESOLVER,
      { type: 'GetBet', body: { wallet, betId } },
      { deadlineMs: READ_DEADLINE_MS },
    );
    const view = outcomeOf(found);
    if (!view.ok) return view;
    const { status, settledSeq, settledAtMs, reason = null } = view.value;
    const bet = betOf(view.value);
    if (status === 'open' || settledSeq === undefined || settledAtMs === undefined)
      return refused('PROOF_PENDING', { retryAfterSeconds: this.#secondsUntil(view.value.closesAtMs) });
    if (!bet || reason === 'OPERATOR') return refused('PROOF_UNAVAILABLE', { reason: reason ?? 'unsigned' });
    const letter = { type: 'ReadChain', body: { fromSeq: bet.acceptedSeq, toSeq: settledSeq } } as const;
    const links = outcomeOf(
      await this.#context.ask(HISTORY_WRITER, letter, { deadlineMs: READ_DEADLINE_MS }),
    );
    if (!links.ok) return links;
    const { before, ticks, after } = links.value;
    return done({
      format: PROOF_FORMAT,
      betId,
      receipt: this.#receipts.alone(bet),
      rules: receiptRules(bet),
      before,
      ticks,
      after,
      verdict: { outcome: status, reason, decidedSeq: settledSeq, decidedAtMs: settledAtMs },
    });
  }

  #secondsUntil(closesAtMs: number): number {
    const waitMs = closesAtMs - this.#context.clock.nowMs();
    return PENDING_SECONDS + Math.max(0, Math.ceil(waitMs / 1_000));
  }
}

/** Undefined for an answer that was stored before its rules were told. */
function betOf(view: BetView): Bet | undefined {
  const { id, wallet, symbol, kind, opensAtMs, closesAtMs, lowCents, highCents, settlementRules } = view;
  const stakeMicros = parseMicros(view.stakeMicros);
  const payoutMicros = parseMicros(view.payoutMicros);
  const multiplier = parseMultiplier(view.multiplier);
  if (!settlementRules || stakeMicros === undefined) return undefined;
  if (payoutMicros === undefined || multiplier === undefined) return undefined;
  const { receivedAtMs, acceptedSeq, acceptedAtMs, acceptedPriceCents, sigmaPerSqrtSecond } = view;
  const edge = (edgeCents: number | null) => (edgeCents === null ? null : cents(edgeCents));
  return {
    ...{ id, wallet, stakeMicros, multiplier, payoutMicros, receivedAtMs },
    cell: { symbol, kind, opensAtMs, closesAtMs, lowCents: edge(lowCents), highCents: edge(highCents) },
    ...{ acceptedSeq, acceptedAtMs, acceptedPriceCents, sigmaPerSqrtSecond },
    rulesVersion: view.rulesVersion,
    settlementRules,
  };
}
