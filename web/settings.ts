/** What the user chose, kept in this browser. A browser that keeps nothing still plays. */
import { type Observable, observable } from './observable.ts';

export const STAKES_MICROS: readonly number[] = [1, 5, 10, 25, 50, 100].map((credits) => credits * 1_000_000);
/** How far below the shown multiplier a bet may be executed, in per cent. */
export const TOLERANCES_PERCENT: readonly number[] = [0, 2, 5, 10, 25];

export interface Settings {
  readonly stakeMicros: Observable<number>;
  readonly tolerancePercent: Observable<number>;
}

export function loadSettings(): Settings {
  return {
    stakeMicros: kept('touchline.stakeMicros', STAKES_MICROS, 10_000_000),
    tolerancePercent: kept('touchline.tolerancePercent', TOLERANCES_PERCENT, 5),
  };
}

function kept(name: string, choices: readonly number[], initial: number): Observable<number> {
  const stored = Number(readStored(localStorage, name));
  const setting = observable(choices.includes(stored) ? stored : initial);
  setting.watch((value) => writeStored(localStorage, name, String(value)));
  return setting;
}

export function readStored(storage: Storage, name: string): string | undefined {
  try {
    return storage.getItem(name) ?? undefined;
  } catch {
    return undefined;
  }
}

export function writeStored(storage: Storage, name: string, value: string | undefined): void {
  try {
    if (value === undefined) storage.removeItem(name);
    else storage.setItem(name, value);
  } catch {
    // Private windows may refuse to keep anything.
  }
}
