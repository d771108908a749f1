/** Receipts that share a signature, inside of proofs: what is signed, and what the verifier takes for it. */
import { TypedDataEncoder, verifyTypedData } from 'ethers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, hexOf } from '../../../src/domain/proof/proof-bytes.ts';
import { RECEIPT_PATH_MAX, receiptTree } from '../../../src/domain/proof/receipt-tree.ts';
import {
  RECEIPT_BATCH_TYPE,
  type SignedReceipt,
  statementDigests,
} from '../../../src/domain/proof/signed-statements.ts';
import { PROOF_DOMAIN } from '../../../src/domain/proof/typed-data.ts';
import { type ProofFault, verifyProof } from '../../../src/domain/proof/verify-proof.ts';
import { betOn, cellAt } from '../../support/market.ts';
import { BET, PROOF } from '../../support/proof-vectors.ts';
import { isSigned, NODE_CRYPTO, receiptsTogether, SERVICE_KEY } from '../../support/proofs.ts';

const { keccak256 } = NODE_CRYPTO;
const digests = statementDigests(NODE_CRYPTO);
const betsBeside = (count: number) =>
  Array.from({ length: count }, (_, row) => betOn(cellAt(row + 2), { id: `bet_beside_${row}` }));
/** Of the bet of PROOF, signed together with `others` more, which come after it. */
const receiptAmong = (others: number): SignedReceipt => {
  const [receipt] = receiptsTogether([BET, ...betsBeside(others)]);
  if (!receipt) throw new Error('there is one for each bet');
  return receipt;
};
const withReceipt = (change: object): unknown => ({ ...PROOF, receipt: { ...receiptAmong(5), ...change } });
const faultOf = (proof: unknown): ProofFault | 'none' => {
  const result = verifyProof(proof, NODE_CRYPTO, { signers: [SERVICE_KEY.address] });
  return result.valid ? 'none' : result.reason;
};

it('is of what any EIP-712 library signs and recovers', () => {
  const types = { [RECEIPT_BATCH_TYPE.name]: [{ name: 'root', type: 'bytes32' }] };
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
      const batch = { root: hexOf(bytes) };
      const digest = digests.receiptBatch(batch);
      expect(hexOf(digest)).toBe(TypedDataEncoder.hash(PROOF_DOMAIN, types, batch));
      const signature = SERVICE_KEY.sign(digest);
      expect(verifyTypedData(PROOF_DOMAIN, types, batch, signature).toLowerCase()).toBe(SERVICE_KEY.address);
    }),
    { numRuns: 20 },
  );
});

it('holds for each receipt, at every size', () => {
  for (const size of [...Array.from({ length: 70 }, (_, i) => i + 1), 257, 1_024]) {
    const receipts = receiptsTogether(betsBeside(size));
    expect(new Set(receipts.map(({ signature }) => signature)).size).toBe(1);
    expect(receipts.filter((receipt) => !isSigned(receipt))).toEqual([]);
  }
}, 30_000);

describe('in a proof', () => {
  it('is as good as one of its own', () => {
    for (const others of [1, 2, 3, 5, 63])
      expect([others, faultOf({ ...PROOF, receipt: receiptAmong(others) })]).toEqual([others, 'none']);
  });

  it('is not believed with the path of another receipt, another batch, or none', () => {
    const [, other] = receiptsTogether([BET, ...betsBeside(5)]);
    const { path: _, ...bare } = receiptAmong(5);
    expect(faultOf({ ...PROOF, receipt: bare })).toBe('RECEIPT_SIGNATURE');
    expect(faultOf(withReceipt({ path: other?.path }))).toBe('RECEIPT_SIGNATURE');
    expect(faultOf(withReceipt({ path: receiptAmong(6).path }))).toBe('RECEIPT_SIGNATURE');
    expect(faultOf(withReceipt({ signature: receiptAmong(6).signature }))).toBe('RECEIPT_SIGNATURE');
    expect(faultOf({ ...PROOF, receipt: { ...PROOF.receipt, path: receiptAmong(1).path } })).toBe(
      'RECEIPT_SIGNATURE',
    );
  });

  it('cannot be an inner node, nor the root, nor a receipt of its own', () => {
    const message = receiptAmong(0).message;
    const own = digests.receipt(message);
    const tree = receiptTree([own, own, own, own], keccak256);
    // A signature of the bare root, of a leaf as a root, and of a receipt in place of a batch.
    const signatures = [tree.root, own, keccak256(own)].map((digest) => SERVICE_KEY.sign(digest));
    const asRoot = SERVICE_KEY.sign(digests.receiptBatch({ root: hexOf(own) }));
    for (const signature of [...signatures, asRoot]) {
      const receipt = { message, signer: SERVICE_KEY.address, signature, path: tree.pathOf(0) };
      expect(faultOf({ ...PROOF, receipt })).toBe('RECEIPT_SIGNATURE');
    }
    const { path: _, ...ofRoot } = { ...receiptAmong(0), signature: asRoot };
    expect(faultOf({ ...PROOF, receipt: ofRoot })).toBe('RECEIPT_SIGNATURE');
  });

  it('with a path that is none is malformed, and names it', () => {
    const hash = `0x${'ab'.repeat(32)}`;
    const paths: unknown[] = [
      ...[[], undefined, null, 'path', {}, 0, [null], [[hash]], new Array(2)],
      ...[[`0x${'AB'.repeat(32)}`], [hash.slice(2)], [`${hash}ab`], [hash.slice(0, -2)], [`${hash}\n`]],
      Array.from({ length: RECEIPT_PATH_MAX + 1 }, () => hash),
    ];
    for (const path of paths) {
      const result = verifyProof(withReceipt({ path }), NODE_CRYPTO);
      expect([path, result]).toEqual([path, { valid: false, reason: 'MALFORMED', detail: 'receipt.path' }]);
    }
    const longest = Array.from({ length: RECEIPT_PATH_MAX }, () => hash);
    expect(faultOf(withReceipt({ path: longest }))).toBe('RECEIPT_SIGNATURE');
  });

  it('fails with any flipped bit of it', () => {
    const text = new TextEncoder().encode(canonicalJson(receiptAmong(5)));
    const flipped = (bit: number): unknown => {
      const copy = Uint8Array.from(text);
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      try {
        return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(copy));
      } catch {
        return undefined;
      }
    };
    for (let bit = 0; bit < 8 * text.length; bit += 1) {
      if (faultOf({ ...PROOF, receipt: flipped(bit) }) === 'none') expect.fail(`bit ${bit}`);
    }
  }, 30_000);

  it('takes any path without an exception', () => {
    fc.assert(
      fc.property(fc.anything(), (path) => {
        expect(faultOf(withReceipt({ path }))).not.toBe('none');
      }),
    );
  });
});
