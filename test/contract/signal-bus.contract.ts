/** What every signal bus must do, whatever it stands on. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SignalBus } from '../../src/runtime/signals/signal-bus.ts';

export function signalBusContract(open: () => Promise<SignalBus>): void {
  let bus: SignalBus;
  beforeEach(async () => {
    bus = await open();
  });
  afterEach(() => bus.close());

  /** Signals keep their order: what was published before this is there. */
  const settle = (): Promise<void> =>
    new Promise((resolve, reject) => {
      bus.subscribe('settle', () => resolve()).then(() => bus.publish('settle', 0), reject);
    });

  it('brings signals to the handlers of their channel, in order, from the subscription on', async () => {
    const heard: unknown[] = [];
    bus.publish('one', 'before');
    await settle();
    await bus.subscribe('one', (signal) => heard.push(signal));
    for (const signal of [{ n: 1 }, [2], null]) bus.publish('one', signal);
    bus.publish('two', 'of another channel');
    await settle();
    expect(heard).toEqual([{ n: 1 }, [2], null]);
  });

  it('tells a handler once for each of its subscriptions', async () => {
    const heard: unknown[] = [];
    const handler = (signal: unknown): void => void heard.push(signal);
    await bus.subscribe('one', handler);
    await bus.subscribe('one', handler);
    bus.publish('one', 1);
    await settle();
    expect(heard).toEqual([1, 1]);
  });

  it('is in place for everyone who was told so, however many subscribe at once', async () => {
    const heard: unknown[] = [];
    void bus.subscribe('one', () => {});
    await bus.subscribe('one', (signal) => heard.push(signal));
    bus.publish('one', 1);
    await settle();
    expect(heard).toEqual([1]);
  });
}
