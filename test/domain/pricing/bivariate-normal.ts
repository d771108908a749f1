/**
 * P(X ≤ h, Y ≤ k) of two standard normals with correlation 0 ≤ rho ≤ 1, by two Owen's T (Owen 1956).
 * h = 0, k = 0, infinite arguments and rho = 1 are limits of the formula and are taken one by one.
 * The product needs only what is left of it (touch-probability.ts); here it is what that is checked against.
 */
import { normalCdf } from '../../../src/domain/pricing/normal-cdf.ts';
import { owensT } from '../../../src/domain/pricing/owens-t.ts';

export function bivariateNormalCdf(h: number, k: number, rho: number): number {
  if (h === Number.NEGATIVE_INFINITY || k === Number.NEGATIVE_INFINITY) return 0;
  if (h === Number.POSITIVE_INFINITY) return normalCdf(k);
  if (k === Number.POSITIVE_INFINITY) return normalCdf(h);
  if (rho >= 1) return normalCdf(Math.min(h, k));
  const root = Math.sqrt((1 - rho) * (1 + rho));
  if (h === 0 && k === 0) return 0.25 + Math.asin(rho) / (2 * Math.PI);
  // By sign, not by product: h·k underflows to zero.
  const isSplit = h >= 0 !== k >= 0;
  const half = (normalCdf(h) + normalCdf(k)) / 2;
  return half - wedge(h, k, rho, root) - wedge(k, h, rho, root) - (isSplit ? 0.5 : 0);
}

/** T(h, (k/h − rho) / √(1−rho²)); for h = 0 the slope is infinite with the sign of k. */
function wedge(h: number, k: number, rho: number, root: number): number {
  if (h === 0) return k > 0 ? 0.25 : -0.25;
  return owensT(h, (k / h - rho) / root);
}
