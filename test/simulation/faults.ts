/** Strikes when the plan says so, counts every fault by class, and stops at once when told to. */
import { Dice } from './dice.ts';
import { Injected, type Life } from './life.ts';
import { FAULT_CLASSES, type FaultClass, type Plan, type RateFault } from './plan.ts';
import type { Trace } from './trace.ts';

/** How much more often a crash comes at the hot spot. */
const HOT_SPOT_CHANCE = 0.01;

export class Faults {
  readonly counts: Record<string, number> = Object.fromEntries(FAULT_CLASSES.map((name) => [name, 0]));
  readonly dice: Dice;
  readonly #plan: Plan;
  readonly #trace: Trace;
  isOn = false;

  constructor(seed: number, plan: Plan, trace: Trace) {
    this.dice = new Dice(seed, 'faults');
    this.#plan = plan;
    this.#trace = trace;
  }

  /** True if this fault happens here. */
  strikes(fault: RateFault, what: string): boolean {
    const rate = this.#plan.rates[fault];
    if (!this.isOn || rate === undefined || !this.dice.chance(rate)) return false;
    this.note(fault, what);
    return true;
  }

  note(fault: FaultClass, what: string): void {
    this.counts[fault] = (this.counts[fault] ?? 0) + 1;
    this.#trace.line(`FAULT ${fault} ${what}`);
  }

  /** A place where a life may end: before and after every effect of a port. */
  crossing(life: Life, label: string): void {
    if (!this.isOn || !life.isAlive) return;
    const isHot = label.startsWith(this.#plan.hotSpot ?? '-') && this.dice.chance(HOT_SPOT_CHANCE);
    if (isHot) this.note('actor-crash', `${life.id} at ${label}`);
    else if (!this.strikes('actor-crash', `${life.id} at ${label}`)) return;
    this.end(life, label);
  }

  end(life: Life, why: string): void {
    life.crash(`killed: ${why}`);
  }

  /** The same for synchronous effects: the rest of the caller must not run. */
  crossingNow(life: Life, label: string): void {
    life.assertAlive();
    this.crossing(life, label);
    if (!life.isAlive) throw new Injected(`killed: ${label}`);
  }
}
