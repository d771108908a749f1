/** The receipt in an answer: whoever shares its signature, it must hold. */
import { isSigned, receiptIn, SERVICE_KEY } from '../support/proofs.ts';
import type { World } from './world.ts';

export function checkReceipt(body: unknown, { judge, reached }: Pick<World, 'judge' | 'reached'>): void {
  const receipt = receiptIn(body);
  if (!receipt) return;
  const isOurs = receipt.signer === SERVICE_KEY.address && isSigned(receipt);
  judge.expect(isOurs, `the receipt of ${receipt.message.betId} does not hold: ${JSON.stringify(receipt)}`);
  if (receipt.path) reached('receipt under a shared signature');
}
