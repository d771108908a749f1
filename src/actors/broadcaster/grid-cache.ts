/**
 * Port: computed grids, shared by all broadcasters, for GRID_CACHE_TTL_SECONDS. An entry never becomes wrong
 * (its key holds every parameter it was computed from), it only becomes unused.
 *
 * Both methods reject when the store cannot be reached; a grid is then simply computed again.
 */
import type { RelativeGrid } from '../../domain/grid.ts';

export interface GridCache {
  /** `params` is the text of the relative parameters. Anything that is not a grid reads as absent. */
  get(params: string): Promise<RelativeGrid | undefined>;
  put(params: string, grid: RelativeGrid): Promise<void>;
}

/** Checks what comes out of a store that others may write to. */
export function isRelativeGrid(value: unknown): value is RelativeGrid {
  if (!Array.isArray(value) || value.length === 0) return false;
  return value.every((column) => Array.isArray(column) && column.length > 0 && column.every(isMultiplier));
}

const isMultiplier = (cell: unknown): boolean =>
  cell === null || (Number.isSafeInteger(cell) && Number(cell) > 0);
