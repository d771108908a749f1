/**
 * Planted mistakes, each of a kind that was once made somewhere: the simulation is worth what it catches.
 * Those that only a real disk or a real Redis can show are to be caught by a test of those.
 */
import { MACHINERY_MUTANTS } from './machinery-mutants.ts';
import { MARKET_MUTANTS } from './market-mutants.ts';

export interface Mutant {
  readonly name: string;
  /** Path in the project. */
  readonly file: string;
  /** In the file exactly once. */
  readonly from: string;
  readonly to: string;
}

/** `test` is in the file `testFile`, or in a contract it runs, and must fail. */
export interface MutantElsewhere extends Mutant {
  readonly testFile: string;
  readonly test: string;
}

/** The simulator must catch these. */
export const MUTANTS: readonly Mutant[] = [...MARKET_MUTANTS, ...MACHINERY_MUTANTS];
