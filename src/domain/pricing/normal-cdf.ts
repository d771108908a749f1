/**
 * The standard normal distribution function, absolute error below 1e-15.
 * Source: Hart's rational approximation as given by G. West, "Better approximations to cumulative normal
 * functions", Wilmott 2005. Horner's scheme is written out because this is called thousands of times a grid.
 */
const RATIONAL_UP_TO = 7.07106781186547;
const ZERO_BEYOND = 37;
const SQRT_TWO_PI = 2.506628274631;

export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return x;
  const a = Math.abs(x);
  const tail = a > ZERO_BEYOND ? 0 : Math.exp((-a * a) / 2) * tailFactor(a);
  return x > 0 ? 1 - tail : tail;
}

export const normalDensity = (x: number): number => Math.exp((-x * x) / 2) / SQRT_TWO_PI;

/** Upper tail over exp(−a²/2), for a ≥ 0. */
function tailFactor(a: number): number {
  if (a >= RATIONAL_UP_TO) {
    return 1 / (a + 1 / (a + 2 / (a + 3 / (a + 4 / (a + 0.65))))) / SQRT_TWO_PI;
  }
  let above = 0.0352624965998911 * a + 0.700383064443688;
  above = above * a + 6.37396220353165;
  above = above * a + 33.912866078383;
  above = above * a + 112.079291497871;
  above = above * a + 221.213596169931;
  above = above * a + 220.206867912376;
  let below = 0.0883883476483184 * a + 1.75566716318264;
  below = below * a + 16.064177579207;
  below = below * a + 86.7807322029461;
  below = below * a + 296.564248779674;
  below = below * a + 637.333633378831;
  below = below * a + 793.826512519948;
  below = below * a + 440.413735824752;
  return above / below;
}
