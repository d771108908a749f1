/** Values in a query: strict text in, numbers out. No sign, exponent, fraction, hex or space. */
import { z } from 'zod';

const DIGITS = /^(0|[1-9]\d{0,15})$/;

const wholeNumber = z.string().regex(DIGITS).transform(Number);

export const queryInteger = (min: number, max: number) => wholeNumber.pipe(z.int().min(min).max(max));

export const queryAtMs = wholeNumber
  .pipe(z.int().nonnegative())
  .meta({ description: 'Milliseconds since the Unix epoch.' });

/** One of these numbers. */
export const queryOneOf = <N extends number>(allowed: readonly [N, ...N[]]) =>
  wholeNumber.pipe(z.literal(allowed));
