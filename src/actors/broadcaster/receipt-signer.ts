/**
 * Signs receipts with the service key: one by itself, or those that are asked for together under one
 * signature, each with its path in the tree over them. A signature is 31 µs, a third of what a Broadcaster
 * spends on a bet; shared, it is next to nothing.
 *
 * What is together: everything until all that can be done now is done. Node runs `nextTick` when the promises
 * of one piece of I/O have run, so the bets whose answers came in one read are all there; and before the end
 * of the turn of the loop, so that the signed answers leave in its one packet (turn-end.ts). Nobody waits.
 */
import type { Bet } from '../../domain/bet.ts';
import { hexOf } from '../../domain/proof/proof-bytes.ts';
import { receiptTree } from '../../domain/proof/receipt-tree.ts';
import {
  type ReceiptMessage,
  receiptMessage,
  rulesHasher,
  type SignedReceipt,
  statementDigests,
} from '../../domain/proof/signed-statements.ts';
import type { ServiceKey } from '../../runtime/index.ts';
import { keccak256 } from '../../runtime/secp256k1.ts';

/**
 * Twice as many would save a quarter of a microsecond for each receipt, and every one of them would carry a
 * hash more, 69 bytes of JSON.
 */
export const RECEIPTS_PER_SIGNATURE_MAX = 64;

interface UnsignedReceipt {
  readonly message: ReceiptMessage;
  readonly digest: Uint8Array;
}

interface Waiting {
  readonly receipts: readonly UnsignedReceipt[];
  readonly resolve: (receipts: readonly SignedReceipt[]) => void;
  readonly reject: (error: unknown) => void;
}

const digests = statementDigests({ keccak256 });
const hashOfRules = rulesHasher(keccak256);

export class ReceiptSigner {
  readonly #key: Pick<ServiceKey, 'address' | 'sign'>;
  #waiting: Waiting[] = [];

  constructor(key: Pick<ServiceKey, 'address' | 'sign'>) {
    this.#key = key;
  }

  /** Without a path: the same terms and key give the same receipt, whenever. */
  alone(bet: Bet): SignedReceipt {
    return this.#signAlone(unsigned(bet));
  }

  /**
   * One for each bet, in order. Whoever asks first is answered first, also who asks for none: so answers with
   * a receipt and refusals stay in the order they were decided in.
   */
  together(bets: readonly Bet[]): Promise<readonly SignedReceipt[]> {
    // At once: a bet that cannot be written fails its own asker.
    const receipts = bets.map(unsigned);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ receipts, resolve, reject });
      if (this.#waiting.length === 1) process.nextTick(() => this.#signWaiting());
    });
  }

  #signWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    try {
      const signed = this.#signAll(waiting.flatMap(({ receipts }) => receipts));
      let from = 0;
      for (const { receipts, resolve } of waiting) {
        resolve(signed.slice(from, from + receipts.length));
        from += receipts.length;
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }

  #signAll(receipts: readonly UnsignedReceipt[]): SignedReceipt[] {
    const signed: SignedReceipt[] = [];
    for (let from = 0; from < receipts.length; from += RECEIPTS_PER_SIGNATURE_MAX)
      signed.push(...this.#signTogether(receipts.slice(from, from + RECEIPTS_PER_SIGNATURE_MAX)));
    return signed;
  }

  #signTogether(receipts: readonly UnsignedReceipt[]): SignedReceipt[] {
    const [first] = receipts;
    if (first && receipts.length === 1) return [this.#signAlone(first)];
    const tree = receiptTree(
      receipts.map(({ digest }) => digest),
      keccak256,
    );
    const signature = this.#key.sign(digests.receiptBatch({ root: hexOf(tree.root) }));
    const signer = this.#key.address;
    return receipts.map(({ message }, place) => ({ message, signer, signature, path: tree.pathOf(place) }));
  }

  #signAlone({ message, digest }: UnsignedReceipt): SignedReceipt {
    return { message, signer: this.#key.address, signature: this.#key.sign(digest) };
  }
}

function unsigned(bet: Bet): UnsignedReceipt {
  const message = receiptMessage(bet, hashOfRules);
  return { message, digest: digests.receipt(message) };
}
