/** Where a mailbox contract runs, and the letters it uses. */
import type { Envelope } from '../../src/protocol/envelope.ts';
import type { DeadLetters } from '../../src/runtime/mailbox/dead-letters.ts';
import type { Delivery, Mailbox, PostOffice } from '../../src/runtime/mailbox/mailbox.ts';
import type { StatusBoard } from '../../src/runtime/supervision/status-board.ts';

export interface MailboxWorld {
  readonly postOffice: PostOffice;
  /** Letters a mailbox holds at most in this world. */
  readonly lettersMax: number;
  readonly deadLetters: DeadLetters;
  readonly statusBoard: StatusBoard;
  close(): Promise<void>;
}

let nextId = 0;
/** Another one each time. */
export const uniqueName = (prefix: string): string => `${prefix}-${nextId++}`;

export const letter = (n: number, more: Partial<Envelope> = {}): Envelope => ({
  id: uniqueName('letter'),
  type: 'Test',
  from: 'tester',
  sentAtMs: 1,
  body: { n },
  ...more,
});
export const numbers = (deliveries: readonly Delivery[]) =>
  deliveries.map(({ envelope }) => (envelope.body as { n: number }).n);
export const ids = (deliveries: readonly Delivery[]) => deliveries.map(({ deliveryId }) => deliveryId);

/** Takes until `count` letters came; blocks if they never do. */
export async function takeAll(mailbox: Mailbox, count: number): Promise<Delivery[]> {
  const taken: Delivery[] = [];
  while (taken.length < count) taken.push(...(await mailbox.take(count - taken.length)));
  return taken;
}
