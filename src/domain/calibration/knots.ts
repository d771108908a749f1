/**
 * The axes of the calibration table, and linear interpolation on them.
 *
 * A cell is told apart by how soon its window opens, by the regime (how the forecast variance stands to that
 * of the last day) and by its uncorrected probability. Interpolation is linear between knots for reading and
 * for accumulating alike: with hard borders the cells just beside one are mispriced on purpose-picked sides.
 */

/** Two families: `touch` of a band in a window, `tail`: beyond an edge when the window closes. */
export type CalibrationFamily = 'touch' | 'tail';
export const CALIBRATION_FAMILIES: readonly CalibrationFamily[] = ['touch', 'tail'];

/** Seconds until the window opens. */
export const HORIZON_KNOTS_SECONDS: readonly number[] = [5, 10, 20, 40, 60, 120, 180, 300, 420, 600];
/** ln(forecast variance / variance of the last day). */
export const REGIME_KNOTS: readonly number[] = [-2, -1.2, -0.5, 0.3];
/** ln(p / (1 − p)): 1.2 % to 90 %. */
export const LOGIT_KNOTS: readonly number[] = [
  -4.4, -3.8, -3.2, -2.6, -2, -1.4, -0.8, -0.2, 0.4, 1, 1.6, 2.2,
];

const LOG_HORIZON_KNOTS = HORIZON_KNOTS_SECONDS.map(Math.log);
const REGIMES = REGIME_KNOTS.length;
const LOGITS = LOGIT_KNOTS.length;

/** Knots of one family. */
export const FAMILY_SIZE = HORIZON_KNOTS_SECONDS.length * REGIMES * LOGITS;
export const TABLE_SIZE = CALIBRATION_FAMILIES.length * FAMILY_SIZE;

/** Where a value lies on an axis: between knot `index` and the next, `fraction` of the way; clamped. */
export interface AxisPlace {
  readonly index: number;
  readonly fraction: number;
}

export function placeOn(axis: readonly number[], value: number): AxisPlace {
  const last = axis.length - 1;
  if (!(value > (axis[0] ?? 0))) return { index: 0, fraction: 0 };
  if (value >= (axis[last] ?? 0)) return { index: last - 1, fraction: 1 };
  let index = 0;
  while (value > (axis[index + 1] ?? 0)) index += 1;
  const low = axis[index] ?? 0;
  return { index, fraction: (value - low) / ((axis[index + 1] ?? 0) - low) };
}

/** Horizon and regime of a column: four rows of the table (each of LOGIT_KNOTS) and their weights. */
export interface ColumnPlace {
  readonly offsets: readonly [number, number, number, number];
  readonly weights: readonly [number, number, number, number];
}

export function columnPlace(family: CalibrationFamily, opensInSeconds: number, regime: number): ColumnPlace {
  const horizon = placeOn(LOG_HORIZON_KNOTS, Math.log(Math.max(opensInSeconds, 1e-9)));
  const { index, fraction } = placeOn(REGIME_KNOTS, regime);
  const family0 = family === 'touch' ? 0 : FAMILY_SIZE;
  const near = family0 + (horizon.index * REGIMES + index) * LOGITS;
  const far = near + REGIMES * LOGITS;
  const f = horizon.fraction;
  return {
    offsets: [near, near + LOGITS, far, far + LOGITS],
    weights: [(1 - f) * (1 - fraction), (1 - f) * fraction, f * (1 - fraction), f * fraction],
  };
}

/** Knots are equally spaced on this axis, so the place is a division. */
export function logitPlace(probability: number): AxisPlace {
  const first = LOGIT_KNOTS[0] ?? 0;
  const step = (LOGIT_KNOTS[1] ?? 0) - first;
  const steps = (Math.log(probability / (1 - probability)) - first) / step;
  if (!(steps > 0)) return { index: 0, fraction: 0 };
  if (steps >= LOGITS - 1) return { index: LOGITS - 2, fraction: 1 };
  const index = Math.floor(steps);
  return { index, fraction: steps - index };
}
