/**
 * What one seed is like: which faults it has, how often, and the shape of the system they meet. Swarm
 * testing: each seed has a random few of the faults at random strength, because all of them at once hide one
 * another.
 */
import { DEFAULT_MARKET_RULES, type MarketRules } from '../../src/domain/rules.ts';
import { micros } from '../../src/domain/units.ts';
import { Dice } from './dice.ts';

/** Chances per opportunity (a port call, a letter, a signal, an answer). */
export const RATES = {
  'actor-crash': [0.00005, 0.003],
  'letter-lost': [0.0005, 0.05],
  'letter-duplicated': [0.0005, 0.05],
  'letter-delayed': [0.001, 0.2],
  'reply-lost': [0.001, 0.1],
  'reply-duplicated': [0.001, 0.1],
  'reply-delayed': [0.001, 0.2],
  'signal-lost': [0.001, 0.3],
  'signal-duplicated': [0.001, 0.1],
  'signal-delayed': [0.001, 0.2],
  'redis-reply-lost': [0.0001, 0.01],
  'relay-duplicated': [0.01, 0.5],
  'answer-lost': [0.01, 0.3],
  'client-aborts': [0.01, 0.2],
  'commit-fails': [0.0005, 0.02],
  'poison-letter': [0.0005, 0.008],
  'pool-full': [0.05, 0.5],
  'ledger-misread': [0.3, 1],
} as const;

/** Mean times between, in ms of virtual time. */
export const EVENTS = {
  'process-crash': [8_000, 40_000],
  'process-stop': [8_000, 40_000],
  'redis-down': [8_000, 40_000],
  'redis-slow': [8_000, 40_000],
  'redis-nearly-full': [8_000, 40_000],
  'redis-out-of-memory': [8_000, 40_000],
  flushall: [8_000, 40_000],
  eviction: [1_000, 15_000],
  'feed-gap': [4_000, 30_000],
  'feed-degraded': [8_000, 30_000],
  'feed-jump': [3_000, 30_000],
  'composition-jump': [500, 15_000],
  'rogue-ticks': [500, 10_000],
  'clock-jump': [10_000, 40_000],
  'disk-full': [10_000, 40_000],
  'actor-hangs': [10_000, 40_000],
} as const;

export type RateFault = keyof typeof RATES;
export type EventFault = keyof typeof EVENTS;
export type FaultClass = RateFault | EventFault;
export const FAULT_CLASSES = [...Object.keys(RATES), ...Object.keys(EVENTS)] as FaultClass[];

export interface Plan {
  readonly rates: Readonly<Partial<Record<RateFault, number>>>;
  /** Mean time between, ms. */
  readonly events: Readonly<Partial<Record<EventFault, number>>>;
  /** Crashes come here much more often: the label of a port call. */
  readonly hotSpot: string | undefined;
  readonly rules: MarketRules;
  readonly startMs: number;
  readonly players: number;
  readonly broadcasters: number;
  readonly betsPerMinute: number;
  readonly lettersMax: number;
  readonly connectionsMax: number;
  readonly historySpanMs: number;
  readonly sigmaPerSqrtSecond: number;
  /** Prices are multiples of it: round ones lie on the edges of cells all the time. */
  readonly priceStepCents: number;
  /** Most a Redis call takes when all is well, ms; 0 answers at once. */
  readonly latencyMsMax: number;
}

const HOT_SPOTS = [
  'ledger.commit',
  'ledger.load',
  'ticks.commit',
  'mailbox.take',
  'mailbox.ack',
  'mailbox.open',
  'post',
  'postLater',
  'reply',
  'outbox',
  'sessions',
] as const;

export function planOf(seed: number): Plan {
  const dice = new Dice(seed, 'plan');
  const isOn = (): boolean => dice.chance(0.25);
  const draw = <K extends string>(ranges: Readonly<Record<K, readonly [number, number]>>) =>
    Object.fromEntries(
      (Object.entries(ranges) as [K, readonly [number, number]][]).flatMap(([fault, [min, max]]) => {
        const value = dice.magnitude(min, max);
        return isOn() ? [[fault, value]] : [];
      }),
    ) as Partial<Record<K, number>>;
  return {
    rates: draw(RATES),
    events: draw(EVENTS),
    hotSpot: dice.chance(0.3) ? dice.pick(HOT_SPOTS) : undefined,
    rules: rulesOf(dice),
    startMs: 1_700_000_040_000 + dice.int(0, 4_999),
    players: dice.int(1, 4),
    broadcasters: dice.int(1, 2),
    betsPerMinute: dice.chance(0.2) ? dice.int(3, 20) : 1_000,
    lettersMax: dice.chance(0.1) ? dice.int(2, 6) : 1_000,
    connectionsMax: dice.chance(0.1) ? dice.int(1, 3) : 100,
    historySpanMs: dice.pick([5_000, 20_000, 40_000]),
    sigmaPerSqrtSecond: dice.magnitude(0.00003, 0.0003),
    latencyMsMax: dice.chance(0.5) ? 0 : dice.magnitude(0.5, 30),
    priceStepCents: dice.chance(0.25) ? 500 : 1,
  };
}

/** The rules in force, but for a small grid (it costs time) and, in some seeds, one limit that is tight. */
function rulesOf(dice: Dice): MarketRules {
  const base: MarketRules = {
    ...DEFAULT_MARKET_RULES,
    grid: { ...DEFAULT_MARKET_RULES.grid, rows: 3, columns: 2 },
  };
  const wide = { bet: 1, walletOpen: 1, walletMinute: 1, cell: 1, column: 1, minute: 1, total: 1 };
  const tight = dice.magnitude(0.0000005, 0.00001);
  switch (dice.int(0, 13)) {
    case 0:
      return { ...base, caps: { ...base.caps, bet: tight } };
    case 1:
      return { ...base, caps: { ...wide, walletOpen: tight } };
    case 2:
      return { ...base, caps: { ...wide, cell: tight } };
    case 3:
      return { ...base, caps: { ...wide, column: tight } };
    case 4:
      return { ...base, caps: { ...wide, total: tight } };
    case 5:
      return { ...base, startingGrantMicros: micros(3_000_000) };
    case 6:
      return { ...base, caps: { ...wide, walletMinute: tight } };
    case 7:
      return { ...base, caps: { ...wide, minute: tight } };
    case 8:
      // The house can spare one grant, and covers few bets.
      return { ...base, caps: wide, houseBankrollMicros: micros(1_030_000_000), grantFloorFraction: 0.001 };
    default:
      return base;
  }
}
