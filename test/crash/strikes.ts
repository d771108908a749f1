/** What is killed, and when: drawn from one seed, so that a run can be asked for again. */
import { type Random, seededRandom } from '../../src/runtime/random.ts';

/** `failpoint`: the process kills itself at a named point. `both`: process and Redis at once. */
export interface Strike {
  readonly target: 'process' | 'redis' | 'both' | 'failpoint';
  /** How long the system is left in peace before. For a failpoint: how long it is given to get there. */
  readonly afterMs: number;
  /** `[actor/]name:n`, to be armed when the process is started. */
  readonly failpoint: string;
  /** With a failpoint: Redis is killed the moment the process is gone. */
  readonly takesRedis: boolean;
}

/**
 * Points by name, and how often one is passed before the kill, at least and at most. Ledger and ticks commit
 * about ten times a second, so the counts let a life come up and take bets before it ends.
 */
const FAILPOINTS: readonly (readonly [name: string, nthMin: number, nthMax: number])[] = [
  ['ledger.committed', 4, 12],
  ['ledger.written', 4, 12],
  ['resolver/turn.said', 15, 50],
  ['ticks.committed', 8, 25],
  ['resolver/start.done', 1, 1],
  ['ledger.drafted', 4, 12],
  ['ticks.written', 8, 25],
  ['resolver/turn.acked', 15, 50],
  ['resolver/turn.taken', 15, 50],
  ['history-writer/turn.said', 8, 25],
  ['price-feed/start.begun', 1, 1],
  ['resolver/turn.durable', 15, 50],
  ['history-writer/turn.acked', 8, 25],
  ['history-writer/turn.taken', 8, 25],
  ['history-writer/turn.durable', 8, 25],
  ['history-writer/start.done', 1, 1],
  ['price-feed/turn.said', 8, 25],
  ['resolver/start.begun', 1, 1],
  ['session-guard/start.done', 1, 1],
  ['broadcaster-0-1/start.begun', 1, 1],
];

const PEACE_MS_MIN = 200;
const PEACE_MS_MAX = 1_500;
const FAILPOINT_MS_MAX = 4_000;

export class StrikePlan {
  readonly #random: Random;
  #failpoints = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** Only a new life of the process can be armed with a failpoint. */
  next(canBeArmed: boolean): Strike {
    if (canBeArmed && this.#random.fraction() < 0.6) return this.#atFailpoint();
    const fraction = this.#random.fraction();
    const target = fraction < 0.4 ? 'process' : fraction < 0.7 ? 'redis' : 'both';
    const afterMs = PEACE_MS_MIN + this.#random.fraction() * (PEACE_MS_MAX - PEACE_MS_MIN);
    return { target, afterMs, failpoint: '', takesRedis: target !== 'process' };
  }

  /** Every point in turn, each at a random time it is passed. */
  #atFailpoint(): Strike {
    const point = FAILPOINTS[this.#failpoints % FAILPOINTS.length];
    if (!point) throw new Error('no failpoints');
    const [name, nthMin, nthMax] = point;
    this.#failpoints += 1;
    const nth = nthMin + Math.floor(this.#random.fraction() * (nthMax - nthMin + 1));
    const takesRedis = this.#random.fraction() < 0.2;
    return { target: 'failpoint', afterMs: FAILPOINT_MS_MAX, failpoint: `${name}:${nth}`, takesRedis };
  }
}
