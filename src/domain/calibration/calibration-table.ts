/**
 * The calibration as it is published and priced with: for each knot the ratio of realised to implied hits,
 * and the edge added where that ratio stands on little or moved much.
 *
 * Plain integers, so it is the same on the wire, in a snapshot and in memory. `version` is a hash of the
 * contents: equal versions price equally, for ever. Non-goal: how the numbers come about (calibration.ts).
 */
import { type CalibrationFamily, columnPlace, FAMILY_SIZE, logitPlace, TABLE_SIZE } from './knots.ts';

export interface CalibrationTable {
  /** 16 hex digits. */
  readonly version: string;
  /** Realised over implied, in thousandths; families one after the other, see knots.ts. */
  readonly ratiosPermille: readonly number[];
  /** Added to the edge, in ten-thousandths of the stake. */
  readonly edgesBp: readonly number[];
}

export interface Correction {
  /** What the uncorrected probability is multiplied with. */
  readonly ratio: number;
  /** Added to the edge, as a fraction of the stake. */
  readonly edge: number;
}

const PERMILLE = 1_000;
const BASIS_POINTS = 10_000;
const RATIO_MIN = 0.2;
const RATIO_MAX = 5;

export function calibrationTable(ratios: readonly number[], edges: readonly number[]): CalibrationTable {
  if (ratios.length !== TABLE_SIZE || edges.length !== TABLE_SIZE) {
    throw new RangeError(`a calibration table has ${TABLE_SIZE} knots`);
  }
  const ratiosPermille = ratios.map((r) =>
    Math.round(Math.min(RATIO_MAX, Math.max(RATIO_MIN, r)) * PERMILLE),
  );
  const edgesBp = edges.map((e) => Math.round(Math.min(1, Math.max(0, e)) * BASIS_POINTS));
  return Object.freeze({
    version: contentHash(ratiosPermille, edgesBp),
    ratiosPermille: Object.freeze(ratiosPermille),
    edgesBp: Object.freeze(edgesBp),
  });
}

/** Corrects nothing. */
export const IDENTITY_CALIBRATION: CalibrationTable = calibrationTable(
  new Array<number>(TABLE_SIZE).fill(1),
  new Array<number>(TABLE_SIZE).fill(0),
);

/** `probability` is the uncorrected one; outside of the axes the nearest knot counts. */
export function correctionOf(
  table: CalibrationTable,
  family: CalibrationFamily,
  opensInSeconds: number,
  regime: number,
  probability: number,
): Correction {
  const { offsets, weights } = columnPlace(family, opensInSeconds, regime);
  const { index, fraction } = logitPlace(probability);
  const { ratiosPermille, edgesBp } = table;
  let ratio = 0;
  let edge = 0;
  for (let i = 0; i < 4; i += 1) {
    const weight = weights[i] ?? 0;
    if (weight === 0) continue;
    const at = (offsets[i] ?? 0) + index;
    ratio += weight * mix(ratiosPermille[at] ?? 0, ratiosPermille[at + 1] ?? 0, fraction);
    edge += weight * mix(edgesBp[at] ?? 0, edgesBp[at + 1] ?? 0, fraction);
  }
  return { ratio: ratio / PERMILLE, edge: edge / BASIS_POINTS };
}

/** Whether a value from the wire or a file has the shape of a table and the version of its contents. */
export function isCalibrationTable(value: unknown): value is CalibrationTable {
  if (typeof value !== 'object' || value === null) return false;
  const { version, ratiosPermille, edgesBp } = value as Partial<Record<keyof CalibrationTable, unknown>>;
  return (
    isIntegers(ratiosPermille) && isIntegers(edgesBp) && version === contentHash(ratiosPermille, edgesBp)
  );
}

/** Where a family begins in the arrays of a table. */
export const familyOffset = (family: CalibrationFamily): number => (family === 'touch' ? 0 : FAMILY_SIZE);

const isIntegers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.length === TABLE_SIZE && value.every(Number.isSafeInteger);

const mix = (a: number, b: number, fraction: number): number => a + (b - a) * fraction;

/** Two FNV-1a of 32 bits over the integers: an identity, not a defence. */
function contentHash(...lists: readonly (readonly number[])[]): string {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (const value of lists.flat()) {
    a = Math.imul(a ^ value, 0x01000193) >>> 0;
    b = Math.imul(b ^ ((value << 7) | (value >>> 25)), 0x01000193) >>> 0;
    b = (b ^ (b >>> 13)) >>> 0;
  }
  return a.toString(16).padStart(8, '0') + b.toString(16).padStart(8, '0');
}
