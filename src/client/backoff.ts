/**
 * Exponential backoff with full jitter: each wait is uniform between 0 and a ceiling that doubles, so that
 * many clients cut off at once do not come back at once.
 */
export interface BackoffOptions {
  /** Ceiling of the first wait. */
  readonly baseMs: number;
  /** Ceiling of every wait. */
  readonly capMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** `attempt` counts from 0. */
export const fullJitterMs = (attempt: number, options: BackoffOptions): number =>
  Math.floor(options.random() * Math.min(options.capMs, options.baseMs * 2 ** Math.min(attempt, 30)));

/** Rejects with the reason of the signal once it is aborted. */
export function sleepMs(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
