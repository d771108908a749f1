/**
 * Random bets on a random line, with lost letters, gaps, restarts and commits that fail on either side: what
 * must hold at every step, and what the outcomes must be by the tick log alone.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { settleFromTicks } from '../../../src/domain/settlement.ts';
import type { IndexTick } from '../../../src/domain/tick.ts';
import { cents, hundredths, micros } from '../../../src/domain/units.ts';
import type { BetView } from '../../../src/protocol/bet-view.ts';
import type { Outcome } from '../../../src/protocol/errors.ts';
import { type PlaceBetBody, RESOLVER } from '../../../src/protocol/letters/resolver.ts';
import { FaultyCommits } from '../../support/ledger-store.ts';
import { PRICE_CENTS, START_MS } from '../../support/market.ts';
import { type ResolverRig, startRig } from '../../support/resolver-rig.ts';

const WALLETS = ['0xa1', '0xb2', '0xc3'] as const;

const action = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.record({
      do: fc.constant('tick' as const),
      stepCents: fc.integer({ min: -450, max: 450 }),
      degraded: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      delivered: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
    }),
  },
  {
    weight: 20,
    arbitrary: fc.record({ do: fc.constant('ticks' as const), count: fc.integer({ min: 5, max: 40 }) }),
  },
  {
    weight: 30,
    arbitrary: fc.record({
      do: fc.constant('place' as const),
      wallet: fc.constantFrom(...WALLETS),
      row: fc.constantFrom<number>(-40, -3, -2, -1, 0, 1, 2, 3, 40),
      columnsAhead: fc.integer({ min: 1, max: 5 }),
      stake: fc.constantFrom<number>(100_000, 5_000_000, 100_000_000, 1),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('repeat' as const), which: fc.nat(30) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('batch' as const),
      wallet: fc.constantFrom(...WALLETS),
      rows: fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 5 }),
      columnsAhead: fc.integer({ min: 1, max: 5 }),
      stake: fc.constantFrom<number>(100_000, 5_000_000, 100_000_000, 1),
      /** Some of the bets are sent before, some twice. */
      again: fc.nat(30),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'gap' as const }) },
  { weight: 4, arbitrary: fc.constant({ do: 'restart' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      fault: fc.constantFrom('before' as const, 'after' as const),
    }),
  },
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

const place = (row: number, columnsAhead: number, stake = 5_000_000): Action => ({
  do: 'place',
  wallet: '0xa1',
  row,
  columnsAhead,
  stake,
});

/** A run that gets to every goal below, before the random ones. */
const TOUR: readonly Action[] = [
  place(0, 3),
  place(3, 3),
  place(3, 5),
  place(40, 3),
  place(0, 4, 1),
  { do: 'ticks', count: 3 },
  place(1, 1),
  ...Array.from({ length: 5 }, (): Action => ({ do: 'ticks', count: 40 })),
  { do: 'restart' },
  { do: 'ticks', count: 30 },
  { do: 'gap' },
];

interface Sent {
  readonly body: PlaceBetBody;
  readonly answers: Outcome<BetView>[];
}

class Run {
  readonly sent: Sent[] = [];
  readonly rig: ResolverRig;
  readonly #commits: FaultyCommits;

  constructor(rig: ResolverRig, commits: FaultyCommits) {
    this.rig = rig;
    this.#commits = commits;
  }

  async perform(step: Action): Promise<void> {
    const { rig } = this;
    switch (step.do) {
      case 'tick': {
        const priceCents = cents((rig.lastTick?.priceCents ?? PRICE_CENTS) + step.stepCents);
        await rig.tick({ priceCents, quality: step.degraded ? 'degraded' : 'ok', delivered: step.delivered });
        break;
      }
      case 'ticks':
        await rig.ticks(step.count);
        break;
      case 'gap':
        await rig.tick({}, 2_300);
        break;
      case 'place':
        await this.send(this.request(step));
        break;
      case 'batch': {
        const bodies = step.rows.map((row) => this.request({ ...step, do: 'place', row }));
        const known = this.sent.filter(({ body }) => body.wallet === step.wallet).map(({ body }) => body);
        const repeated = [known[step.again % Math.max(1, known.length)], bodies[step.again % bodies.length]];
        await this.sendBatch([...bodies, ...repeated.flatMap((body) => (body ? [body] : []))]);
        break;
      }
      case 'repeat':
        if (this.sent.length > 0)
          await this.send(this.sent[step.which % this.sent.length]?.body as PlaceBetBody);
        break;
      case 'restart':
        await rig.restart();
        break;
      case 'fail':
        this.#commits.fault = step.fault;
        await rig.ticks(3);
        this.#commits.fault = undefined;
        break;
      default:
        step satisfies never;
    }
    if (rig.system.isCrashed(RESOLVER.name)) await rig.restart();
  }

  request({ wallet, row, columnsAhead, stake }: Extract<Action, { do: 'place' }>): PlaceBetBody {
    const priceCents = this.rig.lastTick?.priceCents ?? PRICE_CENTS;
    const lowCents = (Math.floor(priceCents / 1_000) + row) * 1_000;
    const opensAtMs = (Math.floor(this.rig.system.clock.nowMs() / 5_000) + columnsAhead) * 5_000;
    const window = { symbol: 'btc:usd', kind: 'touch', opensAtMs, closesAtMs: opensAtMs + 5_000 } as const;
    const cell = { ...window, lowCents: cents(lowCents), highCents: cents(lowCents + 1_000) };
    return this.rig.body({ wallet, cell, stakeMicros: micros(stake), minMultiplier: hundredths(110) });
  }

  sentOf(body: PlaceBetBody): Sent {
    const known = this.sent.find((sent) => sent.body.idempotencyKey === body.idempotencyKey);
    const sent = known ?? { body, answers: [] };
    if (!known) this.sent.push(sent);
    return sent;
  }

  async sendBatch(bodies: readonly PlaceBetBody[]): Promise<void> {
    const sent = bodies.map((body) => this.sentOf(body));
    const { answers } = await this.rig.sendBatch(bodies);
    answers.then(
      (outcomes) => outcomes.forEach((outcome, place) => void sent[place]?.answers.push(outcome)),
      () => {},
    );
  }

  async send(body: PlaceBetBody): Promise<void> {
    const sent = this.sentOf(body);
    const { answer } = await this.rig.send(body);
    // An ask whose letter died ends without an answer, at its deadline.
    answer.then(
      (outcome) => sent.answers.push(outcome),
      () => {},
    );
  }

  /** A letter whose reader ended too often is dead; whoever got no answer may safely ask again. */
  async repeatUnanswered(): Promise<void> {
    await this.rig.ticks(3);
    for (const { body, answers } of this.sent) if (answers.length === 0) await this.send(body);
  }

  /** P3: at every commit the postings sum to zero, no wallet owes, escrow covers what is open. */
  expectSoundBooks(): void {
    const { database } = this.rig;
    const one = (sql: string): unknown => database.prepare(sql).pluck().get();
    expect(one('SELECT sum(balance_micros) FROM accounts')).toBe(0);
    expect(one("SELECT count(*) FROM accounts WHERE name <> 'issuance' AND balance_micros < 0")).toBe(0);
    const escrow = one("SELECT balance_micros FROM accounts WHERE name = 'escrow'");
    expect(one("SELECT coalesce(sum(payout_micros), 0) FROM bets WHERE status = 'open'")).toBe(escrow);
    const replayed = `SELECT count(*) FROM accounts WHERE balance_micros <>
      (SELECT coalesce(sum(amount_micros), 0) FROM booked_transfers WHERE to_account = name) -
      (SELECT coalesce(sum(amount_micros), 0) FROM booked_transfers WHERE from_account = name)`;
    expect(one(replayed)).toBe(0);
  }

  /** P2, P4, P5: one answer per request, one state per bet, and that state is what the tick log says. */
  async expectOutcomes(): Promise<void> {
    const ticks = await this.rig.tickLog.readAfter(0, 1_000_000);
    let bets = 0;
    for (const { body, answers } of this.sent) {
      expect(answers.length).toBeGreaterThan(0);
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
      const [answer] = answers;
      if (!answer?.ok) continue;
      bets += 1;
      const bet = await this.rig.bet(answer.value.id, body.wallet);
      expect(bet).toMatchObject({
        stakeMicros: answer.value.stakeMicros,
        payoutMicros: answer.value.payoutMicros,
      });
      expect({ status: bet.status, seq: bet.settledSeq, reason: bet.reason }).toEqual(
        this.verdict(body, bet, ticks),
      );
    }
    const { open, won, lost, void: voided } = (await this.rig.summary()).bets;
    expect([open, won + lost + voided]).toEqual([0, bets]);
  }

  verdict({ cell }: PlaceBetBody, bet: BetView, ticks: readonly IndexTick[]) {
    const verdict = settleFromTicks(cell, ticks.slice(bet.acceptedSeq - 1), this.rig.rules);
    if (verdict.outcome === 'open') throw new Error('the log does not decide the bet');
    const reason = verdict.outcome === 'void' ? verdict.reason : undefined;
    return { status: verdict.outcome, seq: verdict.decidedSeq, reason };
  }
}

async function newRun(): Promise<Run> {
  const commits = new FaultyCommits();
  const run = new Run(await startRig({ wrapStore: commits.wrap }), commits);
  for (const wallet of WALLETS) await run.rig.openAccount(wallet);
  return run;
}

it('keeps its promises whatever happens', { timeout: 120_000 }, async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 30, maxLength: 120 }), async (actions) => {
      const run = await newRun();
      for (const step of actions) {
        await run.perform(step);
        run.expectSoundBooks();
      }
      await run.repeatUnanswered();
      // Every column a bet can be on has closed a minute later.
      await run.rig.ticksUntil(run.rig.system.clock.nowMs() - START_MS + 40_000);
      run.expectSoundBooks();
      await run.expectOutcomes();
      for (const { answers } of run.sent) {
        const name = answers[0]?.ok ? 'ACCEPTED' : (answers[0]?.error.code ?? 'NONE');
        seen.set(name, (seen.get(name) ?? 0) + 1);
      }
      for (const [status, count] of Object.entries((await run.rig.summary()).bets)) {
        seen.set(status, (seen.get(status) ?? 0) + count);
      }
    }),
    { numRuns: 25, examples: [[[...TOUR]]] },
  );
  // The runs are worth something only if they got to these.
  for (const goal of [
    'ACCEPTED',
    'STAKE_OUT_OF_RANGE',
    'CELL_DISABLED',
    'COLUMN_LOCKED',
    'won',
    'lost',
    'void',
  ]) {
    expect([goal, (seen.get(goal) ?? 0) > 0]).toEqual([goal, true]);
  }
});
