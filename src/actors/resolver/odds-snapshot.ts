/**
 * The odds between lives: when they are kept with a commit, and which stored ones may be trusted.
 *
 * A snapshot is only a way not to read days of ticks again. One of other rules or another shape is passed
 * over, and the odds begin anew from the fitted prior.
 */
import { isCalibrationTable } from '../../domain/calibration/calibration-table.ts';
import { TABLE_SIZE } from '../../domain/calibration/knots.ts';
import type { MarketOddsSnapshot } from '../../domain/market-odds.ts';
import type { MarketRules } from '../../domain/rules.ts';
import { decode, encode } from '../../protocol/codec.ts';

export interface StoredOdds {
  /** The last tick that is in it. */
  readonly tickSeq: number;
  readonly bytes: Uint8Array;
}

/** In ticks' time. After a crash, so much is read again from the log. */
export const ODDS_SNAPSHOT_INTERVAL_MS = 60_000;

/** What the numbers in a snapshot depend on beside the ticks. */
interface Stamped {
  readonly rules: string;
  readonly odds: MarketOddsSnapshot;
}

export const encodeOdds = (odds: MarketOddsSnapshot, rules: MarketRules): StoredOdds => ({
  tickSeq: odds.tickSeq,
  bytes: encode({ rules: rulesStamp(rules), odds } satisfies Stamped),
});

/** Undefined if it is none, or one that these rules did not make. */
export function decodeOdds(stored: StoredOdds, rules: MarketRules): MarketOddsSnapshot | undefined {
  let value: unknown;
  try {
    value = decode(stored.bytes);
  } catch {
    return undefined;
  }
  const { rules: stamp, odds } = (value ?? {}) as Partial<Stamped>;
  if (stamp !== rulesStamp(rules) || odds?.tickSeq !== stored.tickSeq) return undefined;
  const { implied, realised, tables } = odds.calibration.calibration;
  const isWhole = implied.length === TABLE_SIZE && realised.length === TABLE_SIZE;
  return isWhole && tables.length > 0 && tables.every(isCalibrationTable) ? odds : undefined;
}

const rulesStamp = ({ rulesVersion, columnMs, odds, volatility, calibration, grid }: MarketRules): string =>
  JSON.stringify([rulesVersion, columnMs, odds, volatility, calibration, grid]);
