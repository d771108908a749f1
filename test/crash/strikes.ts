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

/** One actor's way through a point, and how often it is passed before the kill, at least and at most. */
type Passing = readonly [actor: string, nthMin: number, nthMax: number];

/**
 * Every failpoint of the product. Ledger and ticks commit about ten times a second, so the counts let a life
 * come up and take bets before it ends.
 */
const FAILPOINTS: Readonly<Record<string, readonly Passing[]>> = {
  'ledger.committed': [['', 4, 12]],
  'outbox.committed': [['', 4, 12]],
  'outbox.relayed': [['', 4, 12]],
  'turn.said': [
    ['resolver', 15, 50],
    ['history-writer', 8, 25],
    ['price-feed', 8, 25],
  ],
  'ledger.written': [['', 4, 12]],
  'ticks.committed': [['', 8, 25]],
  'start.done': [
    ['resolver', 1, 1],
    ['history-writer', 1, 1],
    ['session-guard', 1, 1],
  ],
  'turn.acked': [
    ['resolver', 15, 50],
    ['history-writer', 8, 25],
  ],
  'ledger.drafted': [['', 4, 12]],
  'turn.taken': [
    ['resolver', 15, 50],
    ['history-writer', 8, 25],
  ],
  'ticks.written': [['', 8, 25]],
  'start.begun': [
    ['price-feed', 1, 1],
    ['resolver', 1, 1],
    ['broadcaster-0-1', 1, 1],
  ],
  'turn.durable': [
    ['resolver', 15, 50],
    ['history-writer', 8, 25],
  ],
};

export const FAILPOINT_NAMES: readonly string[] = Object.keys(FAILPOINTS);

/** Of strikes that can be armed, how many are. */
const ARMED_FRACTION = 0.8;
const PEACE_MS_MIN = 200;
const PEACE_MS_MAX = 1_500;
const FAILPOINT_MS_MAX = 10_000;

export class StrikePlan {
  readonly #random: Random;
  #failpoints = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** Only a new life of the process can be armed with a failpoint. */
  next(canBeArmed: boolean): Strike {
    if (canBeArmed && this.#random.fraction() < ARMED_FRACTION) return this.#atFailpoint();
    const fraction = this.#random.fraction();
    const target = fraction < 0.4 ? 'process' : fraction < 0.7 ? 'redis' : 'both';
    const afterMs = PEACE_MS_MIN + this.#random.fraction() * (PEACE_MS_MAX - PEACE_MS_MIN);
    return { target, afterMs, failpoint: '', takesRedis: target !== 'process' };
  }

  /** Every point in turn, each by each of its ways in turn, at a random time it is passed. */
  #atFailpoint(): Strike {
    const name = FAILPOINT_NAMES[this.#failpoints % FAILPOINT_NAMES.length] ?? '';
    const passings = FAILPOINTS[name] ?? [];
    const [actor, nthMin, nthMax] =
      passings[Math.floor(this.#failpoints / FAILPOINT_NAMES.length) % passings.length] ?? fail(name);
    this.#failpoints += 1;
    const nth = nthMin + Math.floor(this.#random.fraction() * (nthMax - nthMin + 1));
    const takesRedis = this.#random.fraction() < 0.2;
    const point = actor === '' ? name : `${actor}/${name}`;
    return { target: 'failpoint', afterMs: FAILPOINT_MS_MAX, failpoint: `${point}:${nth}`, takesRedis };
  }
}

/** The bare name of an armed point. */
export const nameOfFailpoint = (failpoint: string): string => failpoint.replace(/^.*\/|:\d+$/g, '');

function fail(name: string): never {
  throw new Error(`no way to pass ${name}`);
}
