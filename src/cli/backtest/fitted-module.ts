/** Fitted odds as the module of the product that ships them (src/domain/calibration/fitted-odds.ts). */
import {
  CALIBRATION_FAMILIES,
  HORIZON_KNOTS_SECONDS,
  LOGIT_KNOTS,
  REGIME_KNOTS,
} from '../../domain/calibration/knots.ts';
import type { OddsParams } from './odds-params.ts';

const SIGNIFICANT_DIGITS = 5;

export function fittedModule({ weights, priorPermille, fittedOn }: OddsParams): string {
  const number = (value: number): string => String(Number(value.toPrecision(SIGNIFICANT_DIGITS)));
  const list = (values: readonly number[]): string => `Object.freeze([${values.map(number).join(', ')}])`;
  const rows: string[] = [];
  let at = 0;
  for (const family of CALIBRATION_FAMILIES) {
    for (const seconds of HORIZON_KNOTS_SECONDS) {
      rows.push(`  // ${family}, ${seconds} s`);
      for (const _ of REGIME_KNOTS) {
        rows.push(`  '${priorPermille.slice(at, at + LOGIT_KNOTS.length).join(' ')}',`);
        at += LOGIT_KNOTS.length;
      }
    }
  }
  return `/**
 * The odds as fitted on recorded bars; data, made of the files of FITTED_ON by
 *   npx touchline fit --klines FILE… --out src/domain/calibration/fitted-odds.ts
 * The rows at the end are the prior of the calibration: realised over implied in thousandths, one row for
 * each family, horizon and regime, one number for each knot of the probability (knots.ts).
 */
export const FITTED_ON: readonly string[] = Object.freeze([
${fittedOn.map((file) => `  '${file}',`).join('\n')}
]);

/** ln variance = intercept + averages·ln(average variances) + daily·(sin, cos of one and two turns a day). */
export const FITTED_WEIGHTS = Object.freeze({
  intercept: ${number(weights.intercept)},
  averages: ${list(weights.averages)},
  daily: ${list(weights.daily)} as readonly [number, number, number, number],
});

const PRIOR_ROWS: readonly string[] = [
${rows.join('\n')}
];

/** At each knot of the calibration's table. */
export const FITTED_PRIOR: readonly number[] = Object.freeze(
  PRIOR_ROWS.flatMap((row) => row.split(' ').map((permille) => Number(permille) / 1_000)),
);
`;
}
