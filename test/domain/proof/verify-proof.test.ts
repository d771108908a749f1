import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../src/domain/proof/proof-bytes.ts';
import { type ProofFault, verifyProof } from '../../../src/domain/proof/verify-proof.ts';
import { tickAt } from '../../support/market.ts';
import { BET, FALSE_PROOFS, PARTS, PROOF, TRUE_PROOFS } from '../../support/proof-vectors.ts';
import { NODE_CRYPTO, OTHER_SERVICE_KEY, proofOf, SERVICE_KEY } from '../../support/proofs.ts';

const verify = (proof: unknown) => verifyProof(proof, NODE_CRYPTO);
const faultOf = (proof: unknown): ProofFault | 'none' => {
  const result = verify(proof);
  return result.valid ? 'none' : result.reason;
};

describe('a true proof', () => {
  it('gives the outcome again, with whose word it is', () => {
    expect(verify(PROOF)).toEqual({
      valid: true,
      betId: BET.id,
      outcome: 'won',
      verdict: { outcome: 'won', decidedSeq: 100, decidedAtMs: tickAt(100).atMs },
      signers: [SERVICE_KEY.address],
    });
  });

  it('survives JSON, in any layout', () => {
    expect(verify(JSON.parse(JSON.stringify(PROOF, null, 2)))).toMatchObject({ valid: true });
  });

  for (const [name, { proof, outcome }] of Object.entries(TRUE_PROOFS)) {
    it(`holds for ${name}`, () => expect(verify(proof)).toMatchObject({ valid: true, outcome }));
  }
});

describe('a false proof', () => {
  for (const [name, [make, reason]] of Object.entries(FALSE_PROOFS)) {
    it(`${name}: ${reason}`, () => expect(faultOf(make())).toBe(reason));
  }

  it('by a key that is not trusted', () => {
    const forged = proofOf({ ...PARTS, key: OTHER_SERVICE_KEY });
    expect(verifyProof(forged, NODE_CRYPTO)).toMatchObject({ valid: true });
    const trusting = { signers: [SERVICE_KEY.address] };
    expect(verifyProof(forged, NODE_CRYPTO, trusting)).toMatchObject({ reason: 'UNTRUSTED_SIGNER' });
    expect(verifyProof(PROOF, NODE_CRYPTO, trusting)).toMatchObject({ valid: true });
  });
});

describe('one flipped bit', () => {
  const bytes = new TextEncoder().encode(canonicalJson(PROOF));
  const flipped = (bit: number): unknown => {
    const copy = Uint8Array.from(bytes);
    copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    try {
      return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(copy));
    } catch {
      return undefined;
    }
  };

  it('anywhere fails', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        expect(verify(flipped(bit)).valid).toBe(false);
      }),
      { numRuns: 3_000 },
    );
  });

  it('in every field but the ticks, at every place, fails', () => {
    const text = canonicalJson({ ...PROOF, ticks: [] });
    const before = text.indexOf('"ticks":[') + '"ticks":['.length;
    const tickBytes = bytes.length - text.length;
    for (let byte = 0; byte < text.length; byte += 1) {
      const at = byte < before ? byte : byte + tickBytes;
      for (let bit = 0; bit < 8; bit += 1) {
        const result = verify(flipped(at * 8 + bit));
        if (result.valid) expect.fail(`bit ${bit} of byte ${at} (${text.slice(byte - 10, byte + 10)})`);
      }
    }
  });
});

it('takes any value without an exception', () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true, withBigInt: true }), (value) => {
      expect(verify(value).valid).toBe(false);
    }),
  );
  const paths = ['betId', 'receipt', 'rules', 'before', 'ticks', 'after', 'verdict'] as const;
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.anything(), (path, value) => {
      fc.pre(!(path === 'before' && value === null));
      expect(verify({ ...PROOF, [path]: value }).valid).toBe(false);
    }),
  );
});

describe('the vectors for other verifiers', () => {
  interface Vectors {
    readonly signer: string;
    readonly valid: readonly { readonly name: string; readonly outcome: string; readonly proof: unknown }[];
    readonly invalid: readonly { readonly name: string; readonly reason: string; readonly proof: unknown }[];
  }
  const file = new URL('../../fixtures/proofs/vectors.json', import.meta.url);
  const vectors: Vectors = JSON.parse(readFileSync(file, 'utf8'));
  const trusting = { signers: [vectors.signer] };

  it('hold as they were written down', () => {
    expect(vectors.valid.map(({ name }) => name).sort()).toEqual(Object.keys(TRUE_PROOFS).sort());
    for (const { name, outcome, proof } of vectors.valid)
      expect([name, verifyProof(proof, NODE_CRYPTO, trusting)]).toMatchObject([
        name,
        { valid: true, outcome },
      ]);
  });

  it('fail as they were written down', () => {
    expect(vectors.invalid.map(({ name }) => name).sort()).toEqual(Object.keys(FALSE_PROOFS).sort());
    for (const { name, reason, proof } of vectors.invalid)
      expect([name, faultOf(proof)]).toEqual([name, reason]);
  });
});
