import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { UsageError } from '../../src/cli/command.ts';
import { verify } from '../../src/cli/verify-command.ts';
import { BET, PROOF, TRUE_PROOFS } from '../support/proof-vectors.ts';
import { OTHER_SERVICE_KEY, SERVICE_KEY } from '../support/proofs.ts';

const dir = mkdtempSync(join(tmpdir(), 'touchline-verify-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
let files = 0;
function fileOf(content: string | Buffer): string {
  const path = join(dir, `${++files}.json`);
  writeFileSync(path, content);
  return path;
}
const proofFile = fileOf(JSON.stringify(PROOF));

it('says what a proof proves, and on whose word', async () => {
  const { address } = SERVICE_KEY;
  const proven = { valid: true, outcome: 'won', reason: null, betId: BET.id, decidedSeq: 100 };
  expect(await verify.run([proofFile])).toEqual({ json: { ...proven, signers: [address] }, exitCode: 0 });
  const spelledOtherwise = `0x${address.slice(2).toUpperCase()}`;
  expect(await verify.run([proofFile, '--signer', spelledOtherwise])).toMatchObject({ exitCode: 0 });
});

it('takes the receipt that came with the answer, which may share its signature', async () => {
  const { proof } = TRUE_PROOFS['a receipt that shares its signature'] ?? {};
  expect(proof?.receipt.path).toHaveLength(2);
  const told = await verify.run([fileOf(JSON.stringify(proof)), '--signer', SERVICE_KEY.address]);
  expect(told).toMatchObject({ json: { valid: true, betId: BET.id }, exitCode: 0 });
});

it('says why a file proves nothing', async () => {
  const untrusting = await verify.run([proofFile, '--signer', OTHER_SERVICE_KEY.address]);
  expect(untrusting).toMatchObject({ json: { valid: false, reason: 'UNTRUSTED_SIGNER' }, exitCode: 1 });
  const malformed = { json: { valid: false, outcome: null, reason: 'MALFORMED' }, exitCode: 1 };
  for (const content of ['', 'no JSON', '[]', Buffer.from([0xff, 0xfe]), `${JSON.stringify(PROOF)}}`])
    expect(await verify.run([fileOf(content)])).toMatchObject(malformed);
});

it('is told from a mistake in how it was called', async () => {
  for (const args of [[], ['a', 'b'], [join(dir, 'no-such-file')], [proofFile, '--signer', '0x12']])
    await expect(verify.run(args)).rejects.toThrow(UsageError);
});
