/**
 * One bet as a client that never gives up places it: the same key and body until there is a decision, over
 * HTTP, a socket and in a batch in turn. Then the decision is held against the books, and asked for again.
 */
import { isDeepStrictEqual } from 'node:util';
import type { PlaceBetRequest } from '../../src/protocol/api/place-bet-request.ts';
import type { BetView } from '../../src/protocol/bet-view.ts';
import type { PublicError } from '../../src/protocol/errors.ts';
import type { SelfLimitsRequest } from '../../src/protocol/self-limits.ts';
import { withoutSignature } from '../support/proofs.ts';
import type { Account } from './account.ts';
import { type BatchedBet, placeInBatch } from './batch.ts';
import type { BetRow } from './judge.ts';
import type { Listener } from './listener.ts';
import type { Answer, Network } from './network.ts';
import type { SelfLimiting } from './self-limits.ts';
import { checkReceipt } from './told-receipt.ts';
import type { World } from './world.ts';

const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 900;

/** Not about the bet: the same request may be decided later. */
const isUndecided = ({ code, retryable }: PublicError): boolean => retryable || code === 'UNAUTHENTICATED';

/** Whose bet it is, and the ways it may go. */
export interface Bettor {
  readonly account: Account;
  readonly listener: Listener;
  readonly selfLimiting: SelfLimiting;
  readonly world: World;
  readonly network: Network;
  /** Its bets up to now. */
  readonly bets: readonly BatchedBet[];
}

type Way = 'HTTP' | 'a socket' | 'a batch';
const WAYS: readonly Way[] = ['HTTP', 'a socket', 'a batch'];

export class Wager implements BatchedBet {
  readonly key: string;
  readonly request: PlaceBetRequest;
  isDecided = false;
  /** The bet it became; undefined while undecided, if refused, and if the client stopped caring. */
  betId: string | undefined;
  /** The client stopped asking before there was a decision. */
  wasGivenUp = false;
  readonly #account: Account;
  readonly #listener: Listener;
  readonly #world: World;
  readonly #network: Network;
  /** The newest tick when it was made. */
  readonly #firstTickSeq: number;
  readonly #selfLimiting: SelfLimiting;
  /** Those it was sent under. */
  readonly #limits: SelfLimitsRequest;
  readonly #bettor: Bettor;
  /** The first decision anybody told. */
  #told: Decision | undefined;
  #wasUnknown = false;

  constructor(key: string, request: PlaceBetRequest, bettor: Bettor) {
    const { account, listener, selfLimiting, world, network } = bettor;
    this.key = key;
    this.request = request;
    this.#bettor = bettor;
    this.#account = account;
    this.#listener = listener;
    this.#world = world;
    this.#network = network;
    this.#firstTickSeq = world.judge.head?.seq ?? 0;
    this.#selfLimiting = selfLimiting;
    this.#limits = selfLimiting.held;
  }

  async place(): Promise<void> {
    const { clock, faults, reached } = this.#world;
    let way = faults.dice.pick(WAYS);
    for (;;) {
      // A hurried client, or a retry by a proxy: the same request twice at once.
      const twin = faults.dice.chance(0.1) ? this.#send(faults.dice.pick(WAYS)) : undefined;
      const answer = await this.#send(way);
      const twinAnswer = await twin;
      const decision = decisionOf(answer) ?? decisionOf(twinAnswer);
      if (decision) {
        this.#decide(decision, decisionOf(twinAnswer));
        if (this.#wasUnknown) reached(`bet decided over ${way} after an unknown outcome`);
        return this.#askAgain(decision);
      }
      if (answer === 'lost' || answer.error?.code === 'OUTCOME_UNKNOWN') this.#wasUnknown = true;
      else if (answer.error?.code === 'RATE_LIMITED') {
        // For a minute nothing would change: it gives up, and does not care what became of it.
        this.isDecided = true;
        this.wasGivenUp = true;
        return;
      } else if (answer.error?.code === 'UNAUTHENTICATED') await this.#account.signIn();
      await clock.delay(faults.dice.int(RETRY_MS_MIN, RETRY_MS_MAX));
      if (faults.dice.chance(0.3)) continue;
      way = faults.dice.pick(WAYS.filter((other) => other !== way));
      reached(`bet retried over ${way} after the other way`);
    }
  }

  async #send(way: Way, request = this.request): Promise<Answer> {
    if (this.#account.token === undefined) await this.#account.signIn();
    if (way === 'a socket' && this.#listener.isConnected) return this.#listener.place(this.key, request);
    if (way === 'a batch') {
      const others = this.#bettor.bets.filter((bet) => bet !== this);
      return placeInBatch(this.#bettor, { key: this.key, request }, others);
    }
    const headers = { ...this.#account.headers(), 'idempotency-key': this.key };
    return this.#network.request({ method: 'POST', path: '/v1/bets', headers, body: request });
  }

  hear(answer: Answer): void {
    const decision = decisionOf(answer);
    if (!decision) return;
    checkReceipt(decision.body, this.#world);
    if (this.#told) this.#expectSame(this.#told, decision, 'elsewhere');
    else this.#told = decision;
  }

  #decide(decision: Decision, twin: Decision | undefined): void {
    const { judge } = this.#world;
    this.isDecided = true;
    this.hear(decision);
    if (twin) this.#expectSame(decision, twin, 'its twin');
    if (decision.error) this.#checkRefusal(decision.error);
    else {
      const view = decision.body as BetView;
      this.betId = view.id;
      const row = judge.bet(view.id);
      judge.expect(row !== undefined, `${view.id} was acknowledged and is not in the books`);
      if (row) this.#checkTerms(view, row);
    }
  }

  #checkTerms(view: BetView, row: BetRow): void {
    const { judge } = this.#world;
    const { request } = this;
    const told = { ...view, status: row.status };
    const booked = {
      id: row.id,
      wallet: this.#account.wallet.address,
      symbol: request.symbol,
      kind: request.kind,
      opensAtMs: request.opensAtMs,
      closesAtMs: request.closesAtMs,
      lowCents: request.lowCents,
      highCents: request.highCents,
      stakeMicros: request.stakeMicros,
      payoutMicros: String(row.payout),
      acceptedSeq: row.acceptedSeq,
    };
    for (const [field, value] of Object.entries(booked)) {
      const was = told[field as keyof BetView];
      judge.expect(was === value, `${row.id}: told ${field} ${was}, booked or asked for ${value}`);
    }
    const isGoodEnough = row.multiplier >= Math.round(Number(request.minMultiplier) * 100);
    judge.expect(isGoodEnough, `${row.id} pays ${row.multiplier} %, asked for ${request.minMultiplier}`);
    this.#selfLimiting.checkBet(view, this.#limits);
    judge.expect(row.acceptedSeq > this.#firstTickSeq, `${row.id} was executed before it was sent`);
  }

  /** Refusals whose reason can be seen from outside must have it. */
  #checkRefusal({ code, details }: PublicError): void {
    const { judge, plan, clock } = this.#world;
    const { opensAtMs, stakeMicros } = this.request;
    const ticks = judge.ticks.slice(this.#firstTickSeq);
    const { lockMs, maxGapMs, minStakeMicros, maxStakeMicros } = plan.rules;
    const about = `${this.key} was refused ${code}`;
    if (code === 'COLUMN_LOCKED') {
      const isLocked = ticks.some(({ atMs }) => opensAtMs - atMs < lockMs);
      judge.expect(isLocked, `${about}, and no tick was in its lock`);
    }
    if (code === 'STAKE_OUT_OF_RANGE') {
      const isInRange = Number(stakeMicros) >= minStakeMicros && Number(stakeMicros) <= maxStakeMicros;
      judge.expect(!isInRange, `${about} with a stake of ${stakeMicros}`);
    }
    if (code === 'FEED_DEGRADED' && plan.events['clock-jump'] === undefined) {
      const isGap = judge.staleMsSince(this.#firstTickSeq, clock.nowMs()) > maxGapMs;
      const isDegraded = ticks.some(({ quality }) => quality === 'degraded');
      judge.expect(isGap || isDegraded, `${about}, and the feed was well`);
    }
    if (code === 'INSUFFICIENT_BALANCE') {
      const granted = plan.rules.startingGrantMicros;
      const bets = judge.betsOf(this.#account.wallet.address);
      const isRich = bets.length === 0 && (judge.balanceOf(this.#account.wallet.address) ?? 0) === granted;
      judge.expect(!isRich || Number(stakeMicros) > granted, `${about} by a wallet that has its whole grant`);
    }
    if (code === 'USER_CAP') judge.expect(details?.['cap'] !== undefined, `${about} without saying which`);
  }

  /** The same again gets the same; something else under the same key is a conflict. */
  async #askAgain(decision: Decision): Promise<void> {
    const { faults, judge, reached, clock } = this.#world;
    if (faults.dice.chance(0.25)) {
      await clock.delay(faults.dice.int(0, 6_000));
      const again = decisionOf(await this.#send(faults.dice.pick(WAYS)));
      if (again) {
        this.#expectSame(decision, again, 'before');
        if (!decision.error) reached('bet answered again with the stored answer');
      }
    }
    if (!faults.dice.chance(0.1)) return;
    const stakeMicros = String(Number(this.request.stakeMicros) + 1);
    const other = decisionOf(await this.#send(faults.dice.pick(WAYS), { ...this.request, stakeMicros }));
    if (!other) return;
    judge.expect(other.error?.code === 'IDEMPOTENCY_CONFLICT', `${this.key} took two bodies`);
  }

  #expectSame(one: Decision, other: Decision, which: string): void {
    checkReceipt(other.body, this.#world);
    const isSame = isDeepStrictEqual(withoutSignature(one.body), withoutSignature(other.body));
    const differ = `${JSON.stringify(other.body)}, ${which} ${JSON.stringify(one.body)}`;
    this.#world.judge.expect(isSame, `${this.key} was answered ${differ}`);
  }
}

type Decision = Exclude<Answer, 'lost'>;

const decisionOf = (answer: Answer | undefined): Decision | undefined =>
  answer === undefined || answer === 'lost' || (answer.error && isUndecided(answer.error))
    ? undefined
    : answer;
