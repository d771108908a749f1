/**
 * Owen's T(h, a) = 1/2π ∫₀ᵃ exp(−h²(1 + r²)/2) / (1 + r²) dr, absolute error below 1e-13.
 * For |a| ≤ 1 by 10-point Gauss–Legendre; beyond that by Owen's reflection onto 1/a (Owen 1956,
 * Patefield & Tandy 2000). Even in h, odd in a; infinite arguments give the limits.
 */
import { normalCdf } from './normal-cdf.ts';

/** Gauss–Legendre on [0, 1]: nodes above the middle (the others mirror them) and their weights. */
const NODES = [
  0.5744371694908156, 0.7166976970646236, 0.8397047841495122, 0.9325316833444923, 0.9869532642585859,
];
const WEIGHTS = [
  0.1477621123573764, 0.13463335965499826, 0.109543181257991, 0.0747256745752902, 0.03333567215434407,
];
const TWO_PI = 2 * Math.PI;

export function owensT(h: number, a: number): number {
  if (a < 0) return -owensT(h, -a);
  const distance = Math.abs(h);
  if (a <= 1) return quadrature(distance, a);
  const cdf = normalCdf(distance);
  if (a === Number.POSITIVE_INFINITY) return (1 - cdf) / 2;
  const scaledCdf = normalCdf(a * distance);
  return (cdf + scaledCdf) / 2 - cdf * scaledCdf - quadrature(a * distance, 1 / a);
}

function quadrature(h: number, a: number): number {
  const halfSquare = (h * h) / 2;
  let sum = 0;
  for (let i = 0; i < NODES.length; i++) {
    const node = NODES[i] ?? 0;
    const high = 1 + (a * node) ** 2;
    const low = 1 + (a * (1 - node)) ** 2;
    sum += (WEIGHTS[i] ?? 0) * (Math.exp(-halfSquare * high) / high + Math.exp(-halfSquare * low) / low);
  }
  return (a * sum) / TWO_PI;
}
