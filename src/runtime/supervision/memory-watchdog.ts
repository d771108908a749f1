/**
 * Watches the resident memory of the whole process, which no heap limit covers (buffers, native handles,
 * SQLite's cache). Above the limit, look after look, it reports once and asks for an orderly end; the process
 * manager outside starts a fresh process. Its own hard limit should be somewhat higher than this one.
 */
import type { Clock, Timer } from '../clock.ts';
import type { Metrics } from '../metrics.ts';
import type { ReportIncident } from './incidents.ts';

export interface MemoryWatchdogOptions {
  readonly limitMib: number;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly reportIncident: ReportIncident;
  /** Asked once. */
  readonly onExceeded: (reason: string) => void;
  /** LOOK_INTERVAL_MS if not given. */
  readonly lookIntervalMs?: number;
  /** In bytes; that of this process if not given. */
  readonly residentBytes?: () => number;
}

export const LOOK_INTERVAL_MS = 5_000;
/** A burst may pass; this many looks in a row are a leak. */
export const LOOKS_MAX = 3;
const MIB = 1024 * 1024;

/** Runs until it is cancelled or has reported. */
export function watchMemory(options: MemoryWatchdogOptions): Timer {
  const { limitMib, clock, metrics, lookIntervalMs = LOOK_INTERVAL_MS } = options;
  const { residentBytes = process.memoryUsage.rss } = options;
  let looksAbove = 0;
  let timer: Timer;
  const look = (): void => {
    const bytes = residentBytes();
    metrics.gauge('process_resident_bytes', bytes);
    looksAbove = bytes > limitMib * MIB ? looksAbove + 1 : 0;
    if (looksAbove < LOOKS_MAX) {
      timer = clock.after(lookIntervalMs, look);
      return;
    }
    const reason = `the process holds ${Math.round(bytes / MIB)} MiB, more than ${limitMib}`;
    options.reportIncident({ kind: 'process-memory', child: 'main', error: new Error(reason) });
    options.onExceeded(reason);
  };
  timer = clock.after(lookIntervalMs, look);
  return { cancel: () => timer.cancel() };
}
