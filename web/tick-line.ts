/**
 * The ticks of the last minute or so: what is drawn is what settles. Holes left by dropped pushes are filled
 * from the recorded history, never by drawing over them.
 */
import type { PriceTick, TouchlineClient } from '../src/client/index.ts';

const KEPT_MS = 90_000;
const FILL_TRIES_MAX = 5;
const FILL_PAUSE_MS = 400;

export class TickLine {
  readonly #client: TouchlineClient;
  #ticks: PriceTick[] = [];
  #isFilling = false;

  constructor(client: TouchlineClient) {
    this.#client = client;
  }

  /** Oldest first, by `seq`, without doubles; may have holes until they are filled. */
  get ticks(): readonly PriceTick[] {
    return this.#ticks;
  }

  get newest(): PriceTick | undefined {
    return this.#ticks.at(-1);
  }

  add(tick: PriceTick): void {
    const newest = this.newest;
    if (newest && tick.seq <= newest.seq) return;
    this.#ticks.push(tick);
    while ((this.#ticks[0]?.atMs ?? tick.atMs) < tick.atMs - KEPT_MS) this.#ticks.shift();
    if (!newest || tick.seq > newest.seq + 1) void this.#fill(newest?.atMs ?? tick.atMs - KEPT_MS, tick.atMs);
  }

  /** The price on the line at an instant, straight between ticks; the last known one after the newest. */
  priceAt(atMs: number): number | undefined {
    const i = this.#ticks.findLastIndex((tick) => tick.atMs <= atMs);
    const from = this.#ticks[i];
    if (!from) return this.#ticks[0]?.priceCents;
    const to = this.#ticks[i + 1] ?? from;
    const share = to === from ? 0 : (atMs - from.atMs) / (to.atMs - from.atMs);
    return from.priceCents + (to.priceCents - from.priceCents) * share;
  }

  /** A tick is recorded a moment after it is pushed, so the newest may need a second look. */
  async #fill(fromMs: number, toMs: number): Promise<void> {
    if (this.#isFilling) return;
    this.#isFilling = true;
    for (let tries = 0; tries < FILL_TRIES_MAX; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, tries * FILL_PAUSE_MS));
      try {
        for await (const tick of this.#client.prices({ fromMs, toMs })) this.#insert(tick);
        if (this.#isDense(fromMs, toMs)) break;
      } catch {
        // No line yet is what the page shows; the next hole, or the next try, asks again.
      }
    }
    this.#isFilling = false;
  }

  #insert(tick: PriceTick): void {
    const after = this.#ticks.findLastIndex((known) => known.seq <= tick.seq);
    if (this.#ticks[after]?.seq !== tick.seq) this.#ticks.splice(after + 1, 0, tick);
  }

  #isDense(fromMs: number, toMs: number): boolean {
    const range = this.#ticks.filter((tick) => tick.atMs >= fromMs && tick.atMs <= toMs);
    return range.every((tick, i) => i === 0 || tick.seq === (range[i - 1]?.seq ?? 0) + 1);
  }
}
