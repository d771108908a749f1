/** More bets at one tick than one commit takes: pieces, each durable and answered before the next. */
import { describe, expect, it } from 'vitest';
import { micros } from '../../../src/domain/units.ts';
import type { BetView } from '../../../src/protocol/bet-view.ts';
import type { Outcome } from '../../../src/protocol/errors.ts';
import { RESOLVER } from '../../../src/protocol/letters/resolver.ts';
import { withCommit } from '../../support/ledger-store.ts';
import { type ResolverRig, startRig } from '../../support/resolver-rig.ts';

const BETS = 600;
const PER_COMMIT = 256;
const RULES = {
  houseBankrollMicros: micros(10_000_000_000_000),
  caps: { bet: 1, walletOpen: 1, walletMinute: 1, cell: 1, column: 1, minute: 1, total: 1 },
};

const walletNo = (n: number): string => `0x${String(n + 1).padStart(40, '0')}`;

/** One bet of each of many wallets, waiting for the next tick. `commits`: with bets, by their size. */
async function waitingBets() {
  const commits: number[] = [];
  const answeredAt: number[] = [];
  const world = { commits, answeredAt, failAtCommit: 0, answered: 0 };
  const rig = await startRig({
    rules: RULES,
    betsPerCommitMax: PER_COMMIT,
    wrapStore: (real) =>
      withCommit(real, async (store, batch) => {
        const bets = batch.booked.filter(({ event }) => event.type === 'BetAccepted').length;
        if (bets > 0) {
          answeredAt.push(world.answered);
          commits.push(bets);
          if (commits.length === world.failAtCommit) throw new Error('database or disk is full');
        }
        await store.commit(batch);
      }),
  });
  const answers: Promise<Outcome<BetView>>[] = [];
  for (let n = 0; n < BETS; n += 1) await rig.openAccount(walletNo(n));
  for (let n = 0; n < BETS; n += 1) {
    const { answer } = await rig.send(rig.body({ wallet: walletNo(n), stakeMicros: micros(1_000_000) }));
    void answer.then(() => (world.answered += 1));
    answers.push(answer);
  }
  return { rig, answers, world };
}

async function acceptedSeqs(answers: readonly Promise<Outcome<BetView>>[]): Promise<number[]> {
  const outcomes = await Promise.all(answers);
  return outcomes.map((outcome) => (outcome.ok ? outcome.value.acceptedSeq : 0));
}

const expectEachOnce = async (rig: ResolverRig): Promise<void> => {
  expect(await rig.summary()).toMatchObject({ sumMicros: '0', bets: { open: BETS } });
  rig.system.expectNoDeadLetters();
};

describe('many bets at one tick', () => {
  it('are committed in pieces, each answered before the next is', async () => {
    const { rig, answers, world } = await waitingBets();
    const tick = await rig.tick();
    expect(await acceptedSeqs(answers)).toEqual(answers.map(() => tick.seq));
    expect(world.commits).toEqual([PER_COMMIT, PER_COMMIT, BETS - 2 * PER_COMMIT]);
    expect(world.answeredAt).toEqual([0, PER_COMMIT, 2 * PER_COMMIT]);
    await expectEachOnce(rig);
  });

  it('keep what was committed when a later piece fails; the rest is executed by the next life', async () => {
    const { rig, answers, world } = await waitingBets();
    world.failAtCommit = 2;
    const tick = await rig.tick();
    expect(rig.system.isCrashed(RESOLVER.name)).toBe(true);
    expect(world.answered).toBe(PER_COMMIT);
    await rig.restart();
    await rig.ticks(2);
    const seqs = await acceptedSeqs(answers);
    expect(seqs.slice(0, PER_COMMIT).every((seq) => seq === tick.seq)).toBe(true);
    expect(seqs.slice(PER_COMMIT).every((seq) => seq > tick.seq)).toBe(true);
    await expectEachOnce(rig);
  });

  it('are answered the same when asked again in the very turn that executes them', async () => {
    const { rig, answers } = await waitingBets();
    const again = rig.body({ wallet: walletNo(0), idempotencyKey: 'key-1', stakeMicros: micros(1_000_000) });
    const tick = await rig.tick({ delivered: false });
    rig.system.deliver(RESOLVER, { type: 'TicksRecorded', body: { ticks: [tick] } });
    const copy = await rig.send(again);
    expect(await copy.answer).toEqual(await answers[0]);
    await acceptedSeqs(answers);
    await expectEachOnce(rig);
  });
});
