/** What tests tell an actor of a running system to do, by signal. */
import type { Channel } from '../../../src/protocol/envelope.ts';

export const ORDERS = [
  /** Never gives its thread back. */
  'hang',
  /** The same, and takes memory meanwhile. */
  'exhaust-heap',
  /** Takes heap a little at a time, and goes on working. */
  'leak-heap',
  /** Takes memory outside of the heap a little at a time, and goes on working. */
  'leak-buffers',
  /** Is late again and again, and goes on working. */
  'lag',
  /** When it is asked to stop: never gives its thread back. */
  'hang-in-stop',
  /** When it is asked to stop: never finishes, and goes on working. */
  'wait-in-stop',
  /** When it is asked to stop: ends its thread. */
  'exit-in-stop',
] as const;

export interface Order {
  readonly id: string;
  readonly order: (typeof ORDERS)[number];
}

export const orders: Channel<Order> = { name: 'test-orders' };
