/**
 * Threads kept ready for the next life of whoever crashes: booted, with the runtime and the actors' modules
 * loaded, waiting to be told whom to be. Such loading is most of a restart.
 *
 * There is one spare for each heap limit in use, made in the background after a start, so that it never slows
 * one down. A spare holds nothing but code: no connection, no file, no actor; it may be ended at any moment.
 */
import { type ResourceLimits, Worker } from 'node:worker_threads';
import { type Clock, systemClock, type Timer } from '../clock.ts';

/** What a thread is told at birth if it is not told whom to be. */
export interface SpareBirth {
  /** What the children it may stand in for will load. */
  readonly modules: readonly string[];
}

type HeapLimit = number | undefined;

interface Slot {
  readonly modules: Set<string>;
  spare: Worker | undefined;
  timer: Timer | undefined;
}

/** So that the rest of the process comes up first, and a restarted actor catches up. */
const REPLACE_DELAY_MS = 250;

export class SpareThreads {
  readonly #entry: URL;
  readonly #clock: Clock;
  readonly #slots = new Map<HeapLimit, Slot>();

  constructor(entry: URL, clock: Clock = systemClock) {
    this.#entry = entry;
    this.#clock = clock;
  }

  /** The spare with this heap limit, if there is one; it is the caller's from now on. */
  take(module: string, heapMibMax: HeapLimit): Worker | undefined {
    const slot = this.#slot(heapMibMax);
    slot.modules.add(module);
    slot.timer?.cancel();
    const { spare } = slot;
    slot.spare = undefined;
    spare?.removeAllListeners();
    spare?.ref();
    return spare;
  }

  /** A child with this heap limit has started: soon there shall be a spare for it. */
  replace(heapMibMax: HeapLimit): void {
    const slot = this.#slot(heapMibMax);
    slot.timer?.cancel();
    if (slot.spare) return;
    slot.timer = this.#clock.after(REPLACE_DELAY_MS, () => {
      slot.spare = this.#make(slot, heapMibMax);
    });
  }

  close(): void {
    for (const { spare, timer } of this.#slots.values()) {
      timer?.cancel();
      void spare?.terminate();
    }
    this.#slots.clear();
  }

  #slot(heapMibMax: HeapLimit): Slot {
    const slot = this.#slots.get(heapMibMax) ?? { modules: new Set(), spare: undefined, timer: undefined };
    this.#slots.set(heapMibMax, slot);
    return slot;
  }

  #make(slot: Slot, heapMibMax: HeapLimit): Worker {
    const workerData: SpareBirth = { modules: [...slot.modules] };
    const resourceLimits = limitsOf(heapMibMax);
    const spare = new Worker(this.#entry, { name: 'spare', workerData, resourceLimits });
    // Nothing waits for it: it must not keep the process, and may be gone without a word.
    spare.unref();
    spare.on('error', () => {});
    spare.once('exit', () => {
      if (slot.spare === spare) slot.spare = undefined;
    });
    return spare;
  }
}

export const limitsOf = (heapMibMax: HeapLimit): ResourceLimits =>
  heapMibMax === undefined ? {} : { maxOldGenerationSizeMb: heapMibMax };
