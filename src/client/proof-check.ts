/**
 * Checks a proof on the user's own machine: nothing is asked of any server. The code that settles is the
 * resolver's own; for a second opinion on the outcome that shares no line with it, see outcome-check.ts.
 */
import {
  type ProofRefusal,
  type ProvenSettlement,
  type VerifyOptions,
  verifyProof as verify,
} from '../domain/proof/verify-proof.ts';

/**
 * `proof`: the answer of `GET /v1/bets/{id}/proof`, or whatever claims to be one. Never rejects because of
 * it.
 */
export async function verifyProof(
  proof: unknown,
  options: VerifyOptions = {},
): Promise<ProvenSettlement | ProofRefusal> {
  const { proofCrypto } = await import('./ethereum-key.ts');
  return verify(proof, proofCrypto, options);
}
