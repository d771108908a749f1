/**
 * The signal port: publish/subscribe, at most once, newest wins. A subscriber that is away misses what was
 * published meanwhile and nobody is told; whoever needs certainty uses letters.
 */
export interface SignalBus {
  /** Best effort; never throws and never waits. */
  publish(channel: string, signal: unknown): void;
  /** Resolves once the subscription is in place. A handler hears once per subscription; it must not throw. */
  subscribe(channel: string, handler: (signal: unknown) => void): Promise<void>;
  close(): Promise<void>;
}
