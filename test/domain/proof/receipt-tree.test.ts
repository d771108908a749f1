/** The tree over receipts against a second one, written from the description with ethers on hex texts. */
import { concat, keccak256 as keccakOfEthers } from 'ethers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hexOf } from '../../../src/domain/proof/proof-bytes.ts';
import { RECEIPT_PATH_MAX, receiptTree, rootOf } from '../../../src/domain/proof/receipt-tree.ts';
import { NODE_CRYPTO } from '../../support/proofs.ts';

const { keccak256 } = NODE_CRYPTO;
const leavesOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, n) => keccak256(Uint8Array.of(n & 0xff, n >> 8)));

const node = (a: string, b: string): string => keccakOfEthers(concat(a < b ? [a, b] : [b, a]));

/** As in docs/proof.md: pairs from the left, one without a neighbour goes up as it is. */
function secondRoot(level: readonly string[]): string {
  const [first, second] = level;
  if (first === undefined || second === undefined) return first ?? '0x';
  const pairs = Array.from({ length: Math.ceil(level.length / 2) }, (_, i) => level.slice(2 * i, 2 * i + 2));
  return secondRoot(pairs.map(([a = '0x', b]) => (b === undefined ? a : node(a, b))));
}

/** OpenZeppelin's MerkleProof.processProof, from its source: `_efficientKeccak256` of the sorted pair. */
const processProof = (path: readonly string[], leaf: string): string =>
  path.reduce((computed, each) => node(computed, each), leaf);

const rootHex = (leaf: Uint8Array, path: readonly string[]): string => hexOf(rootOf(leaf, path, keccak256));

describe('a tree of receipts', () => {
  const sizes = [...Array.from({ length: 70 }, (_, i) => i + 1), 127, 128, 129, 255, 256, 1_000, 1_024];

  it('has the root of the description, to which every path leads, at every size', () => {
    for (const size of sizes) {
      const leaves = leavesOf(size);
      const tree = receiptTree(leaves, keccak256);
      const root = secondRoot(leaves.map(hexOf));
      expect(hexOf(tree.root)).toBe(root);
      for (const [place, leaf] of leaves.entries()) {
        const path = tree.pathOf(place);
        expect([size, place, rootHex(leaf, path)]).toEqual([size, place, root]);
        expect(processProof(path, hexOf(leaf))).toBe(root);
        expect(path.length).toBeLessThanOrEqual(Math.ceil(Math.log2(size)));
        expect(path.length > 0).toBe(size > 1);
      }
    }
  });

  it('leads nowhere else from a changed leaf, by a changed path, or by the path of another', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 70 }), fc.nat(), fc.nat(), fc.nat(255), (size, at, byte, bit) => {
        const leaves = leavesOf(size);
        const tree = receiptTree(leaves, keccak256);
        const place = at % size;
        const leaf = leaves[place] ?? new Uint8Array(32);
        const path = tree.pathOf(place);
        const changed = (bytes: Uint8Array): Uint8Array =>
          bytes.map((value, i) => (i === byte % 32 ? value ^ (1 << (bit & 7)) : value));
        const root = hexOf(tree.root);
        expect(rootHex(changed(leaf), path)).not.toBe(root);
        const step = byte % path.length;
        const other = hexOf(changed(Buffer.from((path[step] ?? '').slice(2), 'hex')));
        expect(rootHex(leaf, path.with(step, other))).not.toBe(root);
        expect(rootHex(leaf, path.slice(1))).not.toBe(root);
        expect(rootHex(leaf, path.slice(0, -1))).not.toBe(root);
        expect(rootHex(leaf, [...path, root])).not.toBe(root);
        if (path.length > 1) expect(rootHex(leaf, path.toReversed())).not.toBe(root);
      }),
    );
  });

  it('takes equal leaves: a bet that was asked for twice', () => {
    const [leaf = new Uint8Array(32)] = leavesOf(1);
    const tree = receiptTree([leaf, leaf, leaf], keccak256);
    for (const place of [0, 1, 2]) expect(rootHex(leaf, tree.pathOf(place))).toBe(hexOf(tree.root));
  });

  it('of nothing, or of what is no hash, is a mistake', () => {
    expect(() => receiptTree([], keccak256)).toThrow(RangeError);
    expect(() => receiptTree([new Uint8Array(31), new Uint8Array(32)], keccak256)).toThrow(RangeError);
    expect(() => rootOf(new Uint8Array(32), ['0x12'], keccak256)).toThrow(RangeError);
    expect(() => rootOf(new Uint8Array(32), [`0x${'G'.repeat(64)}`], keccak256)).toThrow(RangeError);
  });

  it('is never as high as paths may be long', () => {
    expect(RECEIPT_PATH_MAX).toBe(32);
    expect(receiptTree(leavesOf(1_024), keccak256).pathOf(0)).toHaveLength(10);
  });
});
