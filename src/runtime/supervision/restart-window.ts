/**
 * Restart intensity as in OTP: the times of the restarts inside a sliding window, on the monotonic clock.
 * Kept per child, so that siblings that each fail once do not stop one another.
 */
export class RestartWindow {
  readonly #restartsMax: number;
  readonly #windowMs: number;
  #restartedAtMs: number[] = [];

  constructor(restartsMax: number, windowMs: number) {
    this.#restartsMax = restartsMax;
    this.#windowMs = windowMs;
  }

  /** Records a restart; false if it is one too many. */
  allow(nowMs: number): boolean {
    this.#restartedAtMs = this.#restartedAtMs.filter((atMs) => nowMs - atMs < this.#windowMs);
    this.#restartedAtMs.push(nowMs);
    return this.#restartedAtMs.length <= this.#restartsMax;
  }
}
