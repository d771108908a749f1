/**
 * Integers with units. Every amount of money, every price and every multiplier in Touchline is one of
 * these; floating point never holds money. Branding makes mixing two units a type error.
 *
 * Invariant: a branded value is a safe integer (|n| ≤ 2^53 − 1), so it survives JSON, msgpack and SQLite.
 */
declare const unit: unique symbol;
type Integer<U extends string> = number & { readonly [unit]: U };

/** Play credits in millionths: 1 credit = 1,000,000 micros. */
export type Micros = Integer<'micros'>;
/** A BTC/USD price in US cents: 61,234.56 USD = 6,123,456. */
export type Cents = Integer<'cents'>;
/** A multiplier in hundredths: 2.35× = 235. */
export type Hundredths = Integer<'hundredths'>;

export const MICROS_PER_CREDIT = 1_000_000;
export const HUNDREDTHS_PER_ONE = 100;

export const micros = (n: number): Micros => safeInteger(n) as Micros;
export const cents = (n: number): Cents => safeInteger(n) as Cents;
export const hundredths = (n: number): Hundredths => safeInteger(n) as Hundredths;

export const addMicros = (a: Micros, b: Micros): Micros => micros(a + b);
export const subMicros = (a: Micros, b: Micros): Micros => micros(a - b);

/** floor(a × b / divisor), exact for any safe integers; the remainder stays with the house. */
export function mulDivFloor(a: number, b: number, divisor: number): number {
  const product = BigInt(a) * BigInt(b);
  const d = BigInt(divisor);
  const quotient = product / d;
  const floored = product % d !== 0n && product < 0n !== d < 0n ? quotient - 1n : quotient;
  return safeInteger(Number(floored));
}

/** What a winning bet is paid in all, stake included: floor(stake × multiplier). */
export const payoutMicrosFloor = (stake: Micros, multiplier: Hundredths): Micros =>
  mulDivFloor(stake, multiplier, HUNDREDTHS_PER_ONE) as Micros;

/** 235 → "2.35". Always two decimals, the form the API uses. */
export function formatMultiplier(multiplier: Hundredths): string {
  const whole = Math.floor(multiplier / HUNDREDTHS_PER_ONE);
  return `${whole}.${String(multiplier % HUNDREDTHS_PER_ONE).padStart(2, '0')}`;
}

/**
 * "2.35" → 235, "2" → 200; undefined for anything but digits with up to two decimals (no sign, exponent,
 * space).
 */
export function parseMultiplier(text: string): Hundredths | undefined {
  const match = /^(0|[1-9]\d{0,6})(?:\.(\d{1,2}))?$/.exec(text);
  if (!match) return undefined;
  return hundredths(Number(match[1]) * HUNDREDTHS_PER_ONE + Number((match[2] ?? '').padEnd(2, '0')));
}

/** "1500000" → 1500000; undefined for anything but a plain decimal integer within ±(2^53 − 1). */
export function parseMicros(text: string): Micros | undefined {
  if (!/^(0|[1-9]\d{0,15})$/.test(text)) return undefined;
  const n = Number(text);
  return Number.isSafeInteger(n) ? (n as Micros) : undefined;
}

export const formatMicros = (amount: Micros): string => String(amount);

function safeInteger(n: number): number {
  if (!Number.isSafeInteger(n)) throw new RangeError(`not a safe integer: ${n}`);
  return n === 0 ? 0 : n;
}
