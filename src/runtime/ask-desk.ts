/**
 * Asks in flight: each has a deadline and ends exactly once, with its reply or with the reason there is
 * none. Late replies are dropped. An ask never rejects: that the outcome is unknown is an answer too.
 */
import type { Envelope, Letter } from '../protocol/envelope.ts';
import type { AskResult } from './actor.ts';
import type { Clock, Timer } from './clock.ts';
import type { PostOffice } from './mailbox/mailbox.ts';
import type { Random } from './random.ts';

interface PendingAsk {
  readonly timer: Timer;
  readonly settle: (result: AskResult<unknown>) => void;
}

interface AskDeskOptions {
  readonly id: string;
  readonly postOffice: PostOffice;
  readonly clock: Clock;
  readonly random: Random;
}

export class AskDesk {
  readonly #options: AskDeskOptions;
  readonly #pending = new Map<string, PendingAsk>();

  constructor(options: AskDeskOptions) {
    this.#options = options;
  }

  get pending(): number {
    return this.#pending.size;
  }

  envelope(letter: Letter): Envelope {
    const { id: from, clock, random } = this.#options;
    return { id: random.id(), type: letter.type, from, sentAtMs: clock.nowMs(), body: letter.body };
  }

  async ask(to: string, letter: Letter, deadlineMs: number): Promise<AskResult<unknown>> {
    const envelope = { ...this.envelope(letter), replyTo: this.#options.id };
    const answered = this.#expect(envelope.id, deadlineMs);
    const posted = await this.#options.postOffice.post(to, envelope);
    if (posted === 'full') this.#settle(envelope.id, { ok: false, code: 'MAILBOX_FULL' });
    if (posted === 'unavailable') this.#settle(envelope.id, { ok: false, code: 'OUTCOME_UNKNOWN' });
    return answered;
  }

  answer(reply: Envelope): void {
    if (reply.correlationId !== undefined) this.#settle(reply.correlationId, { ok: true, reply: reply.body });
  }

  /** Ends every ask that waits. */
  giveUp(): void {
    for (const id of [...this.#pending.keys()]) this.#settle(id, { ok: false, code: 'OUTCOME_UNKNOWN' });
  }

  #expect(id: string, deadlineMs: number): Promise<AskResult<unknown>> {
    return new Promise((settle) => {
      const timer = this.#options.clock.after(deadlineMs, () =>
        this.#settle(id, { ok: false, code: 'OUTCOME_UNKNOWN' }),
      );
      this.#pending.set(id, { timer, settle });
    });
  }

  #settle(id: string, result: AskResult<unknown>): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#pending.delete(id);
    pending.timer.cancel();
    pending.settle(result);
  }
}
