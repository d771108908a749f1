import { describe, expect, it } from 'vitest';
import type {
  ContractSignature,
  ContractVerdict,
} from '../../../src/actors/session-guard/contract-signatures.ts';
import { personalMessageDigest } from '../../../src/runtime/secp256k1.ts';
import { guardSystem } from '../../support/session-guard-system.ts';
import { newWallet, signedSignIn } from '../../support/sign-in.ts';

/** A chain whose answers are the test's to give. */
function chainOf() {
  const asked: ContractSignature[] = [];
  const verdicts: ((verdict: ContractVerdict) => void)[] = [];
  return {
    asked,
    say: (verdict: ContractVerdict) => verdicts.shift()?.(verdict),
    check: (signature: ContractSignature) => {
      asked.push(signature);
      return new Promise<ContractVerdict>((resolve) => verdicts.push(resolve));
    },
  };
}

async function withContracts() {
  const chain = chainOf();
  const guard = await guardSystem({ contracts: chain });
  const contract = newWallet();
  /** Signed by an owner of the contract, not by the contract's own key, which it has not. */
  const signedByOwner = async () => {
    const { nonce } = await guard.issueNonce();
    const { message } = await signedSignIn(contract, nonce, guard.nowMs());
    return { message, signature: await newWallet().signMessage(message) };
  };
  return { chain, guard, contract, signedByOwner };
}

describe('a wallet that is a contract', () => {
  it('signs in when its contract says that the signature is good', async () => {
    const { chain, guard, contract, signedByOwner } = await withContracts();
    const signed = await signedByOwner();
    const signingIn = guard.signIn(signed);
    await guard.system.idle();
    const wallet = contract.address.toLowerCase();
    const digest = personalMessageDigest(signed.message);
    expect(chain.asked).toEqual([{ wallet, chainId: 1, digest, signature: signed.signature }]);
    chain.say('signed');
    await guard.system.advance(1);
    expect(await signingIn).toMatchObject({ ok: true, value: { wallet } });
    expect(guard.accountsAsked).toEqual([wallet]);
    guard.system.expectNoDeadLetters();
  });

  it('may sign with several keys at once: longer signatures go to the contract as they are', async () => {
    const { chain, guard, signedByOwner } = await withContracts();
    const { message, signature } = await signedByOwner();
    const two = { message, signature: `${signature}${signature.slice(2)}` };
    const signingIn = guard.signIn(two);
    await guard.system.idle();
    expect(chain.asked[0]?.signature).toBe(two.signature);
    chain.say('signed');
    await guard.system.advance(1);
    expect(await signingIn).toMatchObject({ ok: true });
  });

  it.each([
    ['not-signed', { code: 'SIGN_IN_REFUSED', details: { reason: 'SIGNATURE' } }],
    ['wrong-chain', { code: 'SIGN_IN_REFUSED', details: { reason: 'CHAIN_ID' } }],
  ] as const)('is refused for good when the chain says %s', async (verdict, error) => {
    const { chain, guard, signedByOwner } = await withContracts();
    const signed = await signedByOwner();
    const signingIn = guard.signIn(signed);
    await guard.system.idle();
    chain.say(verdict);
    await guard.system.advance(1);
    expect(await signingIn).toMatchObject({ ok: false, error });
    expect(await guard.signIn(signed)).toMatchObject({ error: { code: 'NONCE_UNKNOWN' } });
    expect(guard.sessionKeys()).toEqual([]);
  });

  it('may try again with the same message when the chain could not be asked', async () => {
    const { chain, guard, signedByOwner } = await withContracts();
    const signed = await signedByOwner();
    const first = guard.signIn(signed);
    await guard.system.idle();
    chain.say('unknown');
    await guard.system.advance(1);
    expect(await first).toMatchObject({ error: { code: 'ACTOR_RESTARTING', retryable: true } });
    const second = guard.signIn(signed);
    await guard.system.idle();
    chain.say('signed');
    await guard.system.advance(1);
    expect(await second).toMatchObject({ ok: true });
  });

  it('keeps nobody waiting while its chain is silent', async () => {
    const { chain, guard, signedByOwner } = await withContracts();
    const signingIn = guard.signIn(await signedByOwner());
    await guard.system.idle();
    expect(await guard.signInAs(newWallet())).toMatchObject({ token: expect.any(String) });
    expect(chain.asked).toHaveLength(1);
    chain.say('signed');
    await guard.system.advance(1);
    expect(await signingIn).toMatchObject({ ok: true });
  });

  it('cannot sign in where that is not configured, and no chain is asked about plain accounts', async () => {
    const guard = await guardSystem();
    const { nonce } = await guard.issueNonce();
    const { message } = await signedSignIn(newWallet(), nonce, guard.nowMs());
    const signature = await newWallet().signMessage(message);
    const refused = { error: { code: 'SIGN_IN_REFUSED', details: { reason: 'SIGNATURE' } } };
    expect(await guard.signIn({ message, signature: `${signature}00` })).toMatchObject(refused);
    expect(await guard.signIn({ message, signature })).toMatchObject(refused);
    const { chain, guard: open } = await withContracts();
    await open.signInAs(newWallet());
    expect(chain.asked).toEqual([]);
  });
});
