/**
 * How amounts, prices and times read on the page. Rounds down where a rounded-up number would promise more.
 */

const MICROS_PER_CREDIT = 1_000_000;
const MICROS_PER_SHOWN_CENT = 10_000;

const twoDecimals = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const upToTwoDecimals = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });
const noDecimals = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

const creditsFloor = (micros: string | number): number =>
  Math.floor(Number(micros) / MICROS_PER_SHOWN_CENT) / (MICROS_PER_CREDIT / MICROS_PER_SHOWN_CENT);

/** "1234567890" → "1,234.56". */
export const credits = (micros: string | number): string => twoDecimals.format(creditsFloor(micros));

/** Without needless zeros: "5000000" → "5". */
export const creditsShort = (micros: string | number): string => upToTwoDecimals.format(creditsFloor(micros));

/** 6182401 → "61,824.01". */
export const price = (cents: number): string => twoDecimals.format(cents / 100);

/** "61,820", or with cents where they matter. */
export const priceShort = (cents: number): string =>
  cents % 100 === 0 ? noDecimals.format(cents / 100) : price(cents);

/** "61,820–61,830", "from 61,820", "below 61,830": a band that may be open on one side. */
export function bandShort(lowCents: number | null, highCents: number | null): string {
  if (lowCents === null) return `below ${priceShort(highCents ?? 0)}`;
  return highCents === null
    ? `from ${priceShort(lowCents)}`
    : `${priceShort(lowCents)}–${priceShort(highCents)}`;
}

/** What fits a cell: "2.35", "12.3". */
export const multiplierShort = (multiplier: string): string =>
  multiplier.length > 4 ? multiplier.slice(0, 4) : multiplier;

export const shortWallet = (wallet: string): string => `${wallet.slice(0, 6)}…${wallet.slice(-4)}`;

export const clockTime = (atMs: number): string => new Date(atMs).toLocaleTimeString('en-GB');
