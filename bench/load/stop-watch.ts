/** Counts and times what ends inside of the measured span; what began before it counts by its end. */
import { percentile, round } from '../support/figures.ts';

export interface Figures {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers that were no success, by code. */
  readonly refused: Readonly<Record<string, number>>;
}

export class StopWatch {
  readonly #fromMs: number;
  readonly #untilMs: number;
  readonly #ms: number[] = [];
  readonly #refused: Record<string, number> = {};

  constructor(warmMs: number, measureMs: number) {
    this.#fromMs = performance.now() + warmMs;
    this.#untilMs = this.#fromMs + measureMs;
  }

  get isOver(): boolean {
    return performance.now() >= this.#untilMs;
  }

  succeeded(startedMs: number): void {
    const nowMs = performance.now();
    if (this.#counts(nowMs)) this.#ms.push(nowMs - startedMs);
  }

  refused(code: string): void {
    if (this.#counts(performance.now())) this.#refused[code] = (this.#refused[code] ?? 0) + 1;
  }

  figures(): Figures {
    return {
      perSecond: Math.round(this.#ms.length / ((this.#untilMs - this.#fromMs) / 1_000)),
      p50Ms: round(percentile(this.#ms, 0.5)),
      p99Ms: round(percentile(this.#ms, 0.99)),
      refused: this.#refused,
    };
  }

  #counts(nowMs: number): boolean {
    return nowMs >= this.#fromMs && nowMs < this.#untilMs;
  }
}
