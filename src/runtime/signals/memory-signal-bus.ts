/** Signals within this process: for tests and the simulator. Delivery is synchronous, through the codec. */
import { decode, encode } from '../../protocol/codec.ts';
import type { SignalBus } from './signal-bus.ts';

export class MemorySignalBus implements SignalBus {
  readonly #handlers = new Map<string, ((signal: unknown) => void)[]>();

  publish(channel: string, signal: unknown): void {
    const bytes = encode(signal);
    for (const handler of this.#handlers.get(channel) ?? []) handler(decode(bytes));
  }

  async subscribe(channel: string, handler: (signal: unknown) => void): Promise<void> {
    this.#handlers.set(channel, [...(this.#handlers.get(channel) ?? []), handler]);
  }

  async close(): Promise<void> {
    this.#handlers.clear();
  }
}
