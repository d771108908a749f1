import { AbiCoder, keccak256, TypedDataEncoder, toUtf8Bytes, verifyTypedData, Wallet } from 'ethers';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hexOf } from '../../../src/domain/proof/proof-bytes.ts';
import {
  CHECKPOINT_TYPE,
  RECEIPT_TYPE,
  receiptMessage,
  rulesHash,
  rulesHasher,
  statementDigests,
} from '../../../src/domain/proof/signed-statements.ts';
import { PROOF_DOMAIN, PROOF_SALT, type StructType } from '../../../src/domain/proof/typed-data.ts';
import { serviceKey } from '../../../src/runtime/service-key.ts';
import { betOn, cellAt } from '../../support/market.ts';
import { NODE_CRYPTO } from '../../support/proofs.ts';

const ethersTypes = ({ name, fields }: StructType) => ({
  [name]: Object.entries(fields).map(([field, type]) => ({ name: field, type })),
});
const message = receiptMessage(betOn(cellAt()), rulesHasher(NODE_CRYPTO.keccak256));
const checkpoint = {
  symbol: 'btc:usd',
  seq: 2 ** 53 - 1,
  atMs: 1_700_000_000_000,
  hash: `0x${'ab'.repeat(32)}`,
};
const digests = statementDigests(NODE_CRYPTO);

it('digests receipts and checkpoints as any EIP-712 library does', () => {
  expect(hexOf(digests.receipt(message))).toBe(
    TypedDataEncoder.hash(PROOF_DOMAIN, ethersTypes(RECEIPT_TYPE), message),
  );
  expect(hexOf(digests.checkpoint(checkpoint))).toBe(
    TypedDataEncoder.hash(PROOF_DOMAIN, ethersTypes(CHECKPOINT_TYPE), checkpoint),
  );
});

it('digests any receipt after any other, and after one that cannot be digested', () => {
  const uint = fc.maxSafeNat();
  const hex = (bytes: number) =>
    fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => hexOf(value));
  const anyText = fc.oneof(fc.constantFrom('', 'touch', '6001000', 'ä€😀'), fc.string({ maxLength: 40 }));
  const anyOf = { string: anyText, address: hex(20), bytes32: hex(32), uint64: uint, uint256: uint };
  const changes = Object.entries(RECEIPT_TYPE.fields).map(([field, type]) => [field, anyOf[type]] as const);
  const anyChange = fc.record(Object.fromEntries(changes), { requiredKeys: [] });
  const broken = fc.constantFrom(
    { opensAtMs: -1 },
    { rulesHash: '0xAB' },
    { wallet: '0x1' },
    { betId: undefined },
  );
  fc.assert(
    fc.property(anyChange, broken, (change, mistake) => {
      const changed = { ...message, ...change };
      const expected = TypedDataEncoder.hash(PROOF_DOMAIN, ethersTypes(RECEIPT_TYPE), changed);
      expect(hexOf(digests.receipt(changed))).toBe(expected);
      expect(() => digests.receipt({ ...message, ...mistake } as typeof message)).toThrow(RangeError);
      expect(hexOf(digests.receipt(changed))).toBe(expected);
    }),
    { numRuns: 200 },
  );
});

it('keeps no more texts than it has room for, and tells them apart', () => {
  for (let n = 0; n < 1_000; n += 1) {
    const changed = { ...message, lowCents: String(n), highCents: String(n % 300) };
    if (n % 50 > 0) digests.receipt(changed);
    else
      expect(hexOf(digests.receipt(changed))).toBe(
        TypedDataEncoder.hash(PROOF_DOMAIN, ethersTypes(RECEIPT_TYPE), changed),
      );
  }
});

it('hashes rules as if it had never seen others', () => {
  const { keccak256: hash } = NODE_CRYPTO;
  const hashOfRules = rulesHasher(hash);
  const rules = { rulesVersion: 'touch-2', maxGapMs: 2_000, maxDegradedFraction: 0.2 };
  const other = { ...rules, maxGapMs: 2_001 };
  const later = { ...rules, maxJumpCents: 5 };
  for (const each of [rules, { ...rules }, other, rules, later, rules, { ...other, rulesVersion: 'x' }])
    expect(hashOfRules(each)).toBe(rulesHash(each, hash));
});

it('signs what any Ethereum wallet would sign', async () => {
  const privateKey = keccak256(AbiCoder.defaultAbiCoder().encode(['string'], ['a key for a test']));
  const wallet = new Wallet(privateKey);
  const signature = serviceKey(privateKey).sign(digests.receipt(message));
  expect(signature).toBe(await wallet.signTypedData(PROOF_DOMAIN, ethersTypes(RECEIPT_TYPE), message));
  expect(verifyTypedData(PROOF_DOMAIN, ethersTypes(RECEIPT_TYPE), message, signature)).toBe(wallet.address);
});

it('has the salt it says', () => {
  expect(PROOF_SALT).toBe(keccak256(toUtf8Bytes('touchline.proof')));
});
