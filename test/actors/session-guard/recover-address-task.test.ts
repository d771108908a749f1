import { afterAll, describe, expect, it } from 'vitest';
import {
  addressRecovery,
  type RecoverAddressTask,
  task,
} from '../../../src/actors/session-guard/recover-address-task.ts';
import { createComputePool } from '../../../src/runtime/index.ts';
import { recoverNatively, recoverWithEthers } from '../../../src/runtime/secp256k1.ts';
import { malleated, newWallet, signed } from '../../support/sign-in.ts';

const wallet = newWallet();
const message = 'What was signed.\nTwo lines, and a character outside ASCII: é';
const { signature } = await signed(wallet, message);
const rs = signature.slice(0, 130);
const v = Number.parseInt(signature.slice(130), 16);

it('has its native part here', () => {
  expect(recoverNatively).toBeDefined();
});

describe.each([
  ['native', recoverNatively ?? recoverWithEthers],
  ['ethers', recoverWithEthers],
])('recovery with %s', (_name, recoverPublicKey) => {
  const recover = addressRecovery(recoverPublicKey);

  it('finds the signer', () => {
    expect(recover({ message, signature })).toBe(wallet.address.toLowerCase());
    expect(recover({ message, signature: `${rs}0${v - 27}` })).toBe(wallet.address.toLowerCase());
    expect(recover({ message, signature: `0x${signature.slice(2).toUpperCase()}` })).toBe(
      wallet.address.toLowerCase(),
    );
  });

  it('finds another signer, or none, for another message', () => {
    expect(recover({ message: `${message} `, signature })).not.toBe(wallet.address.toLowerCase());
  });

  const zeros = '0'.repeat(64);
  const order = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';
  it.each([
    ['high s', malleated(signature)],
    ['64 bytes', rs],
    ['66 bytes', `${signature}00`],
    ['no prefix', signature.slice(2)],
    ['not hex', `${signature.slice(0, -1)}g`],
    ['a trailing newline', `${signature}\n`],
    ['v 2', `${rs}02`],
    ['v 26', `${rs}1a`],
    ['v 29', `${rs}1d`],
    ['v 37 (EIP-155)', `${rs}25`],
    ['all zeros', `0x${zeros}${zeros}1b`],
    ['r zero', `0x${zeros}${signature.slice(66)}`],
    ['s zero', `${signature.slice(0, 66)}${zeros}1b`],
    ['r the order', `0x${order}${signature.slice(66)}`],
    ['r all ones', `0x${'f'.repeat(64)}${signature.slice(66)}`],
    ['r no point of the curve', `0x${zeros.slice(1)}5${signature.slice(66)}`],
    ['empty', ''],
  ])('gives null for %s', (_what, hostile) => {
    expect(recover({ message, signature: hostile })).toBeNull();
  });

  it('gives null for what is not text', () => {
    const hostile = [
      { message, signature: {} },
      { message: {}, signature },
      { message: null, signature },
      {},
    ];
    for (const input of hostile) expect(recover(input as unknown as RecoverAddressTask)).toBeNull();
  });
});

describe('in threads of a compute pool', () => {
  const pool = createComputePool<RecoverAddressTask, string | null>({
    module: new URL('../../../src/actors/session-guard/recover-address-task.ts', import.meta.url),
    threads: 2,
    queueMax: 64,
  });
  afterAll(() => pool.close());

  it('answers the same as here', async () => {
    const tasks = [...Array(20).fill({ message, signature }), { message, signature: malleated(signature) }];
    expect(await Promise.all(tasks.map((input) => pool.run(input)))).toEqual(tasks.map(task));
  });
});
