/**
 * Carries out plans one step at a time: stops (last first), then the wait, then starts (first first). A plan
 * that comes while another is carried out is merged into it: whoever is named again is stopped and started
 * again. A supervisor has one lane for all its children if they restart together, else one for each.
 */
import type { Clock, Timer } from '../clock.ts';

export interface LaneMember {
  readonly isAlive: boolean;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** It will be started again; called while it is down. */
  expectBack(): void;
}

export interface LanePlan {
  /** Positions in the lane. */
  readonly stop: readonly number[];
  readonly start: readonly number[];
}

export class RestartLane {
  readonly #members: readonly LaneMember[];
  readonly #clock: Clock;
  readonly #stops = new Set<number>();
  readonly #starts = new Set<number>();
  #dueMs = 0;
  #work: Promise<void> | undefined;
  #isHalted = false;
  #wake: () => void = () => {};

  constructor(members: readonly LaneMember[], clock: Clock) {
    this.#members = members;
    this.#clock = clock;
  }

  /** Starts no earlier than `delayMs` from now; stops begin at once. */
  add({ stop, start }: LanePlan, delayMs: number): void {
    if (this.#isHalted || stop.length + start.length === 0) return;
    for (const position of stop) this.#stops.add(position);
    for (const position of start) this.#starts.add(position);
    this.#dueMs = Math.max(this.#dueMs, this.#clock.monotonicMs() + delayMs);
    this.#expectBack(start);
    this.#wake();
    this.#work ??= this.#run();
  }

  /** Resolves when nothing is left to do. */
  async idle(): Promise<void> {
    while (this.#work) await this.#work;
  }

  /** Drops what is left to do, for good. A step that is being done ends by itself. */
  halt(): void {
    this.#isHalted = true;
    this.#wake();
  }

  async #run(): Promise<void> {
    while (!this.#isHalted && this.#stops.size + this.#starts.size > 0) await this.#step();
    this.#work = undefined;
  }

  async #step(): Promise<void> {
    if (this.#stops.size > 0) {
      const last = Math.max(...this.#stops);
      this.#stops.delete(last);
      await this.#members[last]?.stop();
      this.#expectBack([last]);
      return;
    }
    const waitMs = this.#dueMs - this.#clock.monotonicMs();
    if (waitMs > 0) return this.#wait(waitMs);
    const first = Math.min(...this.#starts);
    this.#starts.delete(first);
    await this.#members[first]?.start();
  }

  #expectBack(positions: readonly number[]): void {
    for (const position of positions) {
      const member = this.#members[position];
      if (member && !member.isAlive && this.#starts.has(position)) member.expectBack();
    }
  }

  /** Ends early when there is something new to do. */
  async #wait(waitMs: number): Promise<void> {
    let timer: Timer | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = this.#clock.after(waitMs, resolve);
    });
    timer?.cancel();
  }
}
