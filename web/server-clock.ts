/**
 * Index time as the page sees it: the local monotonic clock plus an offset learnt from the ticks themselves.
 * The fastest recent tick counts; slower ones only tell that the network was slow.
 *
 * The page lives DISPLAY_DELAY_MS behind it, so that the tick the line moves towards is normally known
 * already and the line on the screen is the ticks and nothing else.
 */
const DISPLAY_DELAY_MS = 180;
/** How much the offset may fall per tick, so that a lastingly slower network is followed. */
const LEAK_MS_PER_TICK = 1;
/** Beyond this the shown time jumps instead of gliding. */
const JUMP_MS = 1_000;
const GLIDE_MS = 400;

export class ServerClock {
  #offsetMs: number | undefined;
  #shownOffsetMs = 0;
  #shownAtMs = 0;

  /** A tick of index time `atMs` arrived at `localMs`. */
  learn(atMs: number, localMs: number): void {
    const sampleMs = atMs - localMs;
    if (this.#offsetMs === undefined || Math.abs(sampleMs - this.#offsetMs) > JUMP_MS) {
      this.#offsetMs = sampleMs;
      this.#shownOffsetMs = sampleMs;
    } else {
      this.#offsetMs = Math.max(this.#offsetMs - LEAK_MS_PER_TICK, sampleMs);
    }
  }

  /** Index time to show now; undefined before the first tick. Never runs backwards but by a jump. */
  shownMs(localMs: number): number | undefined {
    if (this.#offsetMs === undefined) return undefined;
    const share = 1 - Math.exp(-Math.max(0, localMs - this.#shownAtMs) / GLIDE_MS);
    this.#shownOffsetMs += (this.#offsetMs - this.#shownOffsetMs) * share;
    this.#shownAtMs = localMs;
    return localMs + this.#shownOffsetMs - DISPLAY_DELAY_MS;
  }
}
