/**
 * Keeps the price in sight without making the cells bob under the finger: it rests until the price has left a
 * band around the middle, then glides until the price is back near it.
 */
const STARTS_AT_ROWS = 2;
const STOPS_AT_ROWS = 0.4;
const GLIDE_MS = 450;
/** Further away than this there is nothing to glide over. */
const JUMP_ROWS = 14;

export class Camera {
  #middleCents: number | undefined;
  #isGliding = false;

  follow(priceCents: number, rowHeightCents: number, elapsedMs: number): number {
    const middle = this.#middleCents ?? priceCents;
    const awayRows = Math.abs(priceCents - middle) / rowHeightCents;
    if (awayRows > STARTS_AT_ROWS) this.#isGliding = true;
    if (awayRows < STOPS_AT_ROWS) this.#isGliding = false;
    const share = awayRows > JUMP_ROWS ? 1 : 1 - Math.exp(-elapsedMs / GLIDE_MS);
    this.#middleCents = this.#isGliding ? middle + (priceCents - middle) * share : middle;
    return this.#middleCents;
  }
}
