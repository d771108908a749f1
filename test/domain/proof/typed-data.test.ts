import { AbiCoder, keccak256, TypedDataEncoder, toUtf8Bytes, verifyTypedData, Wallet } from 'ethers';
import { expect, it } from 'vitest';
import { hexOf } from '../../../src/domain/proof/proof-bytes.ts';
import {
  CHECKPOINT_TYPE,
  RECEIPT_TYPE,
  receiptMessage,
  statementDigests,
} from '../../../src/domain/proof/signed-statements.ts';
import { PROOF_DOMAIN, PROOF_SALT, type StructType } from '../../../src/domain/proof/typed-data.ts';
import { serviceKey } from '../../../src/runtime/service-key.ts';
import { betOn, cellAt } from '../../support/market.ts';
import { NODE_CRYPTO } from '../../support/proofs.ts';

const ethersTypes = ({ name, fields }: StructType) => ({
  [name]: Object.entries(fields).map(([field, type]) => ({ name: field, type })),
});
const message = receiptMessage(betOn(cellAt()), NODE_CRYPTO.keccak256);
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
