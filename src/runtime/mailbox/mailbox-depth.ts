/** How many letters a mailbox held when it was measured last. */
import type { Mailbox } from './mailbox.ts';

export class MailboxDepth {
  readonly #mailbox: Pick<Mailbox, 'depth'>;
  letters = 0;
  #isMeasuring = false;

  constructor(mailbox: Pick<Mailbox, 'depth'>) {
    this.#mailbox = mailbox;
  }

  /** In the background: an actor whose store is away is not hung. */
  measure(): void {
    if (this.#isMeasuring) return;
    this.#isMeasuring = true;
    const measured = this.#mailbox.depth().then((depth) => {
      this.letters = depth;
    });
    measured
      .catch(() => {})
      .finally(() => {
        this.#isMeasuring = false;
      });
  }
}
