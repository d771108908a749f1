/**
 * The Merkle tree over the digests of receipts that are signed together, built as OpenZeppelin's MerkleProof
 * verifies it: an inner node is keccak256 of its two children, the smaller one first, so that a path says no
 * sides; a node without a neighbour is carried up as it is.
 *
 * No node can be taken for a receipt: a leaf is the hash of 66 bytes that begin with 0x1901, a node of 64.
 */
import { bytesOfHex, hexOf, type ProofHashes } from './proof-bytes.ts';

/** Longer paths are refused: no tree is as high. */
export const RECEIPT_PATH_MAX = 32;

const HASH_BYTES = 32;

export interface ReceiptTree {
  readonly root: Uint8Array;
  /** From the leaf at `place` up: each node's neighbour, as hex. Empty only if there is one leaf. */
  pathOf(place: number): string[];
}

/** At least one leaf; 32 bytes each. */
export function receiptTree(leaves: readonly Uint8Array[], keccak256: ProofHashes['keccak256']): ReceiptTree {
  const join = joiner(keccak256);
  // As paths have them: a node is in half of the paths that could have it.
  const levels: string[][] = [];
  let level = leaves;
  while (level.length > 1) {
    levels.push(level.map(hexOf));
    const above: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const [node, neighbour] = [level[i], level[i + 1]];
      if (node) above.push(neighbour ? join(node, neighbour) : node);
    }
    level = above;
  }
  const [root] = level;
  if (!root) throw new RangeError('a tree has a leaf');
  return { root, pathOf: (place) => pathIn(levels, place) };
}

function pathIn(levels: readonly (readonly string[])[], place: number): string[] {
  const path: string[] = [];
  for (const [height, nodes] of levels.entries()) {
    const neighbour = nodes[(place >> height) ^ 1];
    if (neighbour !== undefined) path.push(neighbour);
  }
  return path;
}

/** Where a path leads. Throws a RangeError unless the path is of lower-case hex, 32 bytes each. */
export function rootOf(
  leaf: Uint8Array,
  path: readonly string[],
  keccak256: ProofHashes['keccak256'],
): Uint8Array {
  const join = joiner(keccak256);
  return path.reduce((node, neighbour) => join(node, bytesOfHex(neighbour)), leaf);
}

function joiner(keccak256: ProofHashes['keccak256']): (a: Uint8Array, b: Uint8Array) => Uint8Array {
  const both = new Uint8Array(2 * HASH_BYTES);
  return (a, b) => {
    if (a.length !== HASH_BYTES || b.length !== HASH_BYTES) throw new RangeError('not 32 bytes');
    const isInOrder = isNotAfter(a, b);
    both.set(isInOrder ? a : b);
    both.set(isInOrder ? b : a, HASH_BYTES);
    return keccak256(both);
  };
}

/** As big-endian numbers, as a contract compares them. */
function isNotAfter(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < HASH_BYTES; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return true;
}
