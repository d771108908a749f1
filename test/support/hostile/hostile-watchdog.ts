/** Stands in for the memory watchdog of a real process (see preload.ts): the same one, looking more often. */
import {
  type MemoryWatchdogOptions,
  watchMemory as watch,
} from '../../../src/runtime/supervision/memory-watchdog.ts';

export const watchMemory = (options: MemoryWatchdogOptions) => watch({ ...options, lookIntervalMs: 100 });
