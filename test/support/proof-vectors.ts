/**
 * Proofs that hold and proofs that do not, each with its reason: the cases of the verifier's tests. Run as a
 * script, it writes them down for verifiers in other languages: test/fixtures/proofs/vectors.json.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Cell } from '../../src/domain/cell.ts';
import type { Proof } from '../../src/domain/proof/proof.ts';
import type { ProofFault } from '../../src/domain/proof/verify-proof.ts';
import type { IndexTick } from '../../src/domain/tick.ts';
import { cents } from '../../src/domain/units.ts';
import { betOn, cellAt, PRICE_CENTS, tickAt } from './market.ts';
import { checkpointAt, OTHER_SERVICE_KEY, proofOf, receiptsTogether, SERVICE_KEY } from './proofs.ts';

/**
 * A short line that rises by a dollar each tick from a second before the window on: row 1 begins 5 $
 * above.
 */
const line = (count: number, change: (seq: number) => Partial<IndexTick> = () => ({})): IndexTick[] =>
  Array.from({ length: count }, (_, i) => {
    const seq = i + 1;
    return tickAt(seq, { priceCents: cents(PRICE_CENTS + 100 * Math.max(0, seq - 90)), ...change(seq) });
  });
const TICKS = line(170);
export const BET = betOn(cellAt(), { acceptedSeq: 80, acceptedAtMs: tickAt(80).atMs });
export const PARTS = { bet: BET, ticks: TICKS, beforeSeq: 75, afterSeq: 120 };
export const PROOF = proofOf(PARTS);

const withTicks = (change: (ticks: string[]) => void): Proof => {
  const ticks = [...PROOF.ticks];
  change(ticks);
  return { ...PROOF, ticks };
};

/** With a receipt as it comes with an accepted bet, in place of the one that `proof` has. */
function together(change: object): Proof {
  if (!TOGETHER) throw new Error('there is one for each bet');
  return { ...PROOF, receipt: { ...TOGETHER, ...change } };
}

export interface TrueProof {
  readonly proof: Proof;
  readonly outcome: 'won' | 'lost' | 'void';
}

/** Signed together with other bets', of which the last one has a path that is shorter. */
const [TOGETHER, , LAST] = receiptsTogether([BET, betOn(cellAt(2)), betOn(cellAt(3))]);
const [OF_OTHER_BATCH] = receiptsTogether([BET, betOn(cellAt(4))]);
const { path: _, ...WITHOUT_PATH } = TOGETHER ?? {};

const gapTicks = line(170, (seq) => ({ atMs: tickAt(seq).atMs + (seq > 95 ? 3_000 : 0) }));
const cells: Record<string, readonly [Partial<Cell>, TrueProof['outcome']]> = {
  'a touch that was lost': [{ lowCents: cents(5_000_000), highCents: cents(5_001_000) }, 'lost'],
  'a no_touch that was won': [
    { kind: 'no_touch', lowCents: cents(5_000_000), highCents: cents(5_001_000) },
    'won',
  ],
  'an inside': [{ kind: 'inside', lowCents: cents(6_006_000), highCents: cents(6_007_000) }, 'won'],
  'an outside': [{ kind: 'outside' }, 'won'],
  'an inside with an open edge': [{ kind: 'inside', highCents: null }, 'won'],
};

export const TRUE_PROOFS: Readonly<Record<string, TrueProof>> = {
  'a touch that was won': { proof: PROOF, outcome: 'won' },
  'a chain from its very beginning': { proof: proofOf({ ...PARTS, beforeSeq: 0 }), outcome: 'won' },
  'a receipt that shares its signature': { proof: together({}), outcome: 'won' },
  'a void by a gap': { proof: proofOf({ ...PARTS, ticks: gapTicks }), outcome: 'void' },
  ...Object.fromEntries(
    Object.entries(cells).map(([name, [change, outcome]]) => {
      const bet = { ...BET, cell: { ...BET.cell, ...change } };
      return [name, { proof: proofOf({ ...PARTS, bet, afterSeq: 160 }), outcome }];
    }),
  ),
};

const otherBet = betOn(cellAt(2), { acceptedSeq: 80, acceptedAtMs: tickAt(80).atMs });
const elsewhere = line(170, (seq) => (seq === 90 ? { priceCents: cents(1) } : {}));
export const FALSE_PROOFS: Record<string, readonly [() => unknown, ProofFault]> = {
  'nothing at all': [() => undefined, 'MALFORMED'],
  'a field too many': [() => ({ ...PROOF, note: 1 }), 'MALFORMED'],
  'an own __proto__': [() => JSON.parse(`{"__proto__":{},${JSON.stringify(PROOF).slice(1)}`), 'MALFORMED'],
  'a tick in another spelling': [() => withTicks((ticks) => ticks.splice(3, 1, `${ticks[3]} `)), 'MALFORMED'],
  'an upper-case signature': [
    () => ({
      ...PROOF,
      after: { ...PROOF.after, signature: `0x${PROOF.after.signature.slice(2).toUpperCase()}` },
    }),
    'MALFORMED',
  ],
  'ticks cut off at the end': [() => withTicks((ticks) => ticks.pop()), 'TICKS_TRUNCATED'],
  'ticks cut off at the start': [() => withTicks((ticks) => ticks.shift()), 'TICKS_TRUNCATED'],
  'no ticks': [() => withTicks((ticks) => ticks.splice(0)), 'TICKS_TRUNCATED'],
  'a dropped tick': [() => withTicks((ticks) => ticks.splice(20, 1)), 'TICK_MISSING'],
  'a duplicated tick': [() => withTicks((ticks) => ticks.splice(20, 0, ticks[20] ?? '')), 'TICK_DUPLICATED'],
  'two ticks exchanged': [
    () => withTicks((ticks) => ticks.splice(20, 2, ticks[21] ?? '', ticks[20] ?? '')),
    'TICKS_REORDERED',
  ],
  'a changed price': [
    () => withTicks((ticks) => ticks.splice(20, 1, (ticks[20] ?? '').replace('|60', '|61'))),
    'CHAIN_BROKEN',
  ],
  'the receipt of another bet': [
    () => ({ ...PROOF, receipt: proofOf({ ...PARTS, bet: otherBet, afterSeq: 120 }).receipt }),
    'RECEIPT_OF_OTHER_BET',
  ],
  'better terms': [
    () => ({
      ...PROOF,
      receipt: { ...PROOF.receipt, message: { ...PROOF.receipt.message, receivedAtMs: 1 } },
    }),
    'RECEIPT_SIGNATURE',
  ],
  'a path without a hash': [() => together({ path: [] }), 'MALFORMED'],
  'a path that is too long': [
    () => together({ path: Array.from({ length: 33 }, () => TOGETHER?.path?.[0]) }),
    'MALFORMED',
  ],
  'a path in upper case': [
    () => together({ path: TOGETHER?.path?.map((hash) => `0x${hash.slice(2).toUpperCase()}`) }),
    'MALFORMED',
  ],
  'a path with a hash changed': [
    () => together({ path: TOGETHER?.path?.with(0, `0x${'ab'.repeat(32)}`) }),
    'RECEIPT_SIGNATURE',
  ],
  'the path of another receipt': [() => together({ path: LAST?.path }), 'RECEIPT_SIGNATURE'],
  'the path of another batch': [() => together({ path: OF_OTHER_BATCH?.path }), 'RECEIPT_SIGNATURE'],
  'a path that was left out': [() => ({ ...PROOF, receipt: WITHOUT_PATH }), 'RECEIPT_SIGNATURE'],
  'better terms under a shared signature': [
    () => together({ message: { ...PROOF.receipt.message, receivedAtMs: 1 } }),
    'RECEIPT_SIGNATURE',
  ],
  'other rules': [() => ({ ...PROOF, rules: { ...PROOF.rules, maxGapMs: 1 } }), 'RULES_DIFFER'],
  'a payout that is not stake × multiplier': [
    () => proofOf({ ...PARTS, bet: { ...BET, payoutMicros: BET.stakeMicros } }),
    'TERMS_INCONSISTENT',
  ],
  'a receipt signed by another key': [
    () => ({ ...PROOF, receipt: proofOf({ ...PARTS, key: OTHER_SERVICE_KEY }).receipt }),
    'SIGNERS_DIFFER',
  ],
  'a checkpoint that says another signer': [
    () => ({ ...PROOF, after: { ...PROOF.after, signer: OTHER_SERVICE_KEY.address } }),
    'CHECKPOINT_SIGNATURE',
  ],
  'checkpoints exchanged': [
    () => ({ ...PROOF, before: PROOF.after, after: PROOF.before }),
    'CHECKPOINTS_SWAPPED',
  ],
  'the checkpoint of a later place': [
    () => ({ ...PROOF, after: checkpointAt(TICKS, 121) }),
    'TICKS_TRUNCATED',
  ],
  'the checkpoint of an earlier place': [
    () => ({ ...PROOF, after: checkpointAt(TICKS, 119) }),
    'CHECKPOINT_MISPLACED',
  ],
  'the checkpoint of another line': [
    () => ({ ...PROOF, after: checkpointAt(elsewhere, 120) }),
    'CHAIN_BROKEN',
  ],
  'a stretch that begins after the acceptance': [
    () => proofOf({ ...PARTS, beforeSeq: 85 }),
    'ACCEPTED_TICK_DIFFERS',
  ],
  'an acceptance at another price': [
    () => proofOf({ ...PARTS, bet: { ...BET, acceptedPriceCents: 1 } }),
    'ACCEPTED_TICK_DIFFERS',
  ],
  'a stretch that ends before the decision': [() => proofOf({ ...PARTS, afterSeq: 99 }), 'UNDECIDED'],
  'another outcome': [
    () => ({ ...PROOF, verdict: { ...PROOF.verdict, outcome: 'lost' } }),
    'OUTCOME_DIFFERS',
  ],
  'another deciding tick': [
    () => ({ ...PROOF, verdict: { ...PROOF.verdict, decidedSeq: 101 } }),
    'OUTCOME_DIFFERS',
  ],
};

const FILE = fileURLToPath(new URL('../fixtures/proofs/vectors.json', import.meta.url));

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const valid = Object.entries(TRUE_PROOFS).map(([name, { proof, outcome }]) => ({ name, outcome, proof }));
  const invalid = Object.entries(FALSE_PROOFS).map(([name, [make, reason]]) => {
    return { name, reason, proof: make() ?? null };
  });
  const lines = (name: string, vectors: readonly object[]): string =>
    `  "${name}": [\n${vectors.map((vector) => `    ${JSON.stringify(vector)}`).join(',\n')}\n  ]`;
  const signer = `  "signer": "${SERVICE_KEY.address}"`;
  writeFileSync(FILE, `{\n${[signer, lines('valid', valid), lines('invalid', invalid)].join(',\n')}\n}\n`);
}
