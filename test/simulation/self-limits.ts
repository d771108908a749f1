/**
 * A player who now and then limits itself: a largest stake, a largest loss, a pause. What was acknowledged
 * holds for every bet that is sent later; in the time a seed covers, limits only become tighter.
 */
import type { BetView } from '../../src/protocol/bet-view.ts';
import type { SelfLimitsRequest, SelfLimitsView } from '../../src/protocol/self-limits.ts';
import type { Account } from './account.ts';
import { Dice } from './dice.ts';
import type { Network } from './network.ts';
import type { World } from './world.ts';

const PATH = '/v1/limits/self';
const CAREFUL_SHARE = 0.3;
const WAIT_MS_MIN = 2_000;
const WAIT_MS_MAX = 25_000;
const PAUSE_MS_MIN = 1_000;
const PAUSE_MS_MAX = 8_000;
const NONE: SelfLimitsRequest = { maxStakeMicros: null, maxLossMicros: null, pausedUntilMs: null };

export class SelfLimiting {
  /** The last acknowledged ones. */
  held: SelfLimitsRequest = NONE;
  readonly #account: Account;
  readonly #world: World;
  readonly #network: Network;
  readonly #dice: Dice;

  constructor(name: string, seed: number, account: Account, world: World, network: Network) {
    this.#account = account;
    this.#world = world;
    this.#network = network;
    this.#dice = new Dice(seed, `${name} limits`);
  }

  async run(): Promise<void> {
    if (!this.#dice.chance(CAREFUL_SHARE)) return;
    for (;;) {
      await this.#world.clock.delay(this.#dice.int(WAIT_MS_MIN, WAIT_MS_MAX));
      if (this.#account.token === undefined) continue;
      await this.#limit();
      await this.#look();
    }
  }

  /** `limits`: those that were acknowledged before the bet was sent. */
  checkBet(bet: BetView, limits: SelfLimitsRequest): void {
    const { judge } = this.#world;
    const { id, stakeMicros, acceptedAtMs } = bet;
    const isSmall = limits.maxStakeMicros === null || Number(stakeMicros) <= Number(limits.maxStakeMicros);
    judge.expect(isSmall, `${id} stakes ${stakeMicros}, above the wallet's own ${limits.maxStakeMicros}`);
    const isAwake = limits.pausedUntilMs === null || acceptedAtMs >= limits.pausedUntilMs;
    judge.expect(isAwake, `${id} was taken while its wallet had paused itself`);
  }

  async #limit(): Promise<void> {
    const body = { ...this.held, ...this.#wish() };
    const headers = this.#account.headers();
    const answer = await this.#network.request({ method: 'PUT', path: PATH, headers, body });
    if (answer === 'lost' || answer.error) return;
    const { now } = answer.body as SelfLimitsView;
    this.#expectAtLeast(now, body, 'were answered');
    this.held = now;
  }

  async #look(): Promise<void> {
    const limits = this.held;
    const answer = await this.#network.request({ path: PATH, headers: this.#account.headers() });
    if (answer !== 'lost' && !answer.error)
      this.#expectAtLeast((answer.body as SelfLimitsView).now, limits, 'are shown');
  }

  #wish(): Partial<SelfLimitsRequest> {
    const { minStakeMicros, maxStakeMicros } = this.#world.plan.rules;
    const amount = String(Math.floor(this.#dice.magnitude(minStakeMicros, maxStakeMicros)));
    const pausedUntilMs = this.#world.clock.nowMs() + this.#dice.int(PAUSE_MS_MIN, PAUSE_MS_MAX);
    return this.#dice.pick([{ maxStakeMicros: amount }, { maxLossMicros: amount }, { pausedUntilMs }]);
  }

  #expectAtLeast(now: SelfLimitsRequest, asked: SelfLimitsRequest, how: string): void {
    const isKept =
      isTighter(now.maxStakeMicros, asked.maxStakeMicros) &&
      isTighter(now.maxLossMicros, asked.maxLossMicros) &&
      this.#isPausedAsLong(now.pausedUntilMs, asked.pausedUntilMs);
    const kept = `limits ${JSON.stringify(asked)} ${how} as ${JSON.stringify(now)}`;
    this.#world.judge.expect(isKept, kept);
  }

  /** A pause that is over may be gone, and the wall clock of the system may be set back by a fault. */
  #isPausedAsLong(nowMs: number | null, askedMs: number | null): boolean {
    const { clock, plan } = this.#world;
    if (askedMs === null || plan.events['clock-jump'] !== undefined) return true;
    return askedMs <= clock.nowMs() || (nowMs !== null && nowMs >= askedMs);
  }
}

const isTighter = (now: string | null, asked: string | null): boolean =>
  asked === null || (now !== null && Number(now) <= Number(asked));
