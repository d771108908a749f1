import { expect, it } from 'vitest';
import { RECEIPTS_PER_SIGNATURE_MAX, ReceiptSigner } from '../../../src/actors/broadcaster/receipt-signer.ts';
import { TurnEnd } from '../../../src/actors/broadcaster/turn-end.ts';
import type { Bet } from '../../../src/domain/bet.ts';
import type { SignedReceipt } from '../../../src/domain/proof/signed-statements.ts';
import { betOn, cellAt } from '../../support/market.ts';
import { isSigned, SERVICE_KEY } from '../../support/proofs.ts';

const betsOf = (count: number): Bet[] =>
  Array.from({ length: count }, (_, n) => betOn(cellAt(1 + (n % 9)), { id: `bet_${n}` }));
const [BET = betOn(cellAt()), OTHER = betOn(cellAt(2))] = betsOf(2);

function counting() {
  const count = { signed: 0 };
  const key = {
    ...SERVICE_KEY,
    sign(digest: Uint8Array): string {
      count.signed += 1;
      return SERVICE_KEY.sign(digest);
    },
  };
  return { signer: new ReceiptSigner(key), count };
}
const idsOf = (receipts: readonly SignedReceipt[]) => receipts.map(({ message }) => message.betId);
const pathLengths = (receipts: readonly SignedReceipt[]) => receipts.map(({ path }) => path?.length ?? 0);

it('signs one that is alone as it always did, and the same again', async () => {
  const { signer } = counting();
  const [receipt] = await signer.together([BET]);
  expect(receipt).toEqual(signer.alone(BET));
  expect(Object.keys(receipt ?? {})).toEqual(['message', 'signer', 'signature']);
  expect(receipt && isSigned(receipt)).toBe(true);
});

it('signs what is asked for at once with one signature', async () => {
  const { signer, count } = counting();
  const later = Promise.resolve().then(() => Promise.resolve().then(() => signer.together(betsOf(3))));
  const answers = await Promise.all([signer.together([BET]), signer.together([OTHER]), later]);
  const receipts = answers.flat();
  expect(count.signed).toBe(1);
  expect(receipts.map(isSigned)).toEqual([true, true, true, true, true]);
  expect(pathLengths(receipts)).toEqual([3, 3, 3, 3, 1]);
  expect(receipts[0]?.message).toEqual(signer.alone(BET).message);
});

it('signs anew for what is asked for afterwards', async () => {
  const { signer, count } = counting();
  const first = await signer.together(betsOf(2));
  const second = await signer.together(betsOf(3));
  expect(count.signed).toBe(2);
  expect([...first, ...second].every(isSigned)).toBe(true);
});

it('shares a signature among no more than it may', async () => {
  for (const [surplus, signatures] of [
    [0, 2],
    [1, 3],
    [2, 3],
  ] as const) {
    const { signer, count } = counting();
    const bets = betsOf(2 * RECEIPTS_PER_SIGNATURE_MAX + surplus);
    const receipts = await signer.together(bets);
    expect(count.signed).toBe(signatures);
    expect(receipts.every(isSigned)).toBe(true);
    expect(idsOf(receipts)).toEqual(bets.map(({ id }) => id));
    expect(Math.max(...pathLengths(receipts))).toBe(Math.log2(RECEIPTS_PER_SIGNATURE_MAX));
    if (surplus === 1) expect(receipts.at(-1)?.path).toBeUndefined();
  }
});

it('answers in the order it was asked, also who asks for none', async () => {
  const { signer, count } = counting();
  const order: string[] = [];
  const asks = [[BET], [], [OTHER, BET], []].map((bets, n) =>
    signer.together(bets).then((receipts) => order.push(`${n}: ${idsOf(receipts)}`)),
  );
  await Promise.all(asks);
  expect(order).toEqual(['0: bet_0', '1: ', '2: bet_1,bet_0', '3: ']);
  expect(count.signed).toBe(1);
  expect(await signer.together([])).toEqual([]);
  expect(count.signed).toBe(1);
});

it('is done before the turn of the loop ends, so that what it signed leaves with the rest', async () => {
  const { signer } = counting();
  const order: string[] = [];
  const turnEnd = new TurnEnd((error) => order.push(String(error)));
  const over = new Promise<void>((resolve) => {
    turnEnd.add(() => order.push('packet'));
    void signer.together([BET, OTHER]).then(() => {
      order.push('signed');
      turnEnd.add(() => order.push('in the packet'));
      turnEnd.add(resolve);
    });
  });
  await over;
  expect(order).toEqual(['signed', 'packet', 'in the packet']);
});

it('fails whom it must, and nobody else', async () => {
  const { signer } = counting();
  const good = signer.together([BET]);
  expect(() => signer.together([{ ...OTHER, acceptedSeq: 0.5 }])).toThrow(RangeError);
  expect(await good).toEqual([signer.alone(BET)]);

  const broken = new ReceiptSigner({
    address: SERVICE_KEY.address,
    sign: () => {
      throw new Error('no key');
    },
  });
  const asks = [broken.together([BET]), broken.together([OTHER]), broken.together([])];
  const ends = await Promise.allSettled(asks);
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
});
