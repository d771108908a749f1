/**
 * Asks in flight: each has a deadline and ends exactly once, with its reply or with the reason there is
 * none. Late replies are dropped. An ask never rejects: that the outcome is unknown is an answer too.
 */
import type { Envelope, Letter } from '../protocol/envelope.ts';
import type { AskOptions, AskResult, LaterOptions, LetterOptions } from './actor.ts';
import type { Clock, Timer } from './clock.ts';
import type { PostOffice } from './mailbox/mailbox.ts';
import type { Random } from './random.ts';
import type { TraceScope } from './trace-scope.ts';

interface PendingAsk {
  readonly timer: Timer;
  readonly settle: (result: AskResult<unknown>) => void;
}

interface AskDeskOptions {
  readonly id: string;
  readonly postOffice: PostOffice;
  readonly clock: Clock;
  readonly random: Random;
  readonly traces: TraceScope;
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

  envelope(letter: Letter, options: LetterOptions & Partial<LaterOptions> = {}): Envelope {
    const { id: from, clock, random, traces } = this.#options;
    const { delayMs = 0 } = options;
    if (!Number.isSafeInteger(delayMs) || delayMs < 0) throw new RangeError(`delayMs is ${delayMs}`);
    const trace = options.trace ?? (options.cause ? options.cause.trace : traces.current);
    return {
      id: options.id ?? random.id(),
      type: letter.type,
      from,
      sentAtMs: clock.nowMs() + delayMs,
      body: letter.body,
      ...(trace === undefined ? {} : { trace }),
      ...(options.key === undefined ? {} : { key: options.key }),
      ...(options.id === undefined ? {} : { once: true }),
      ...(options.control ? { control: true } : {}),
    };
  }

  async ask(to: string, letter: Letter, options: AskOptions): Promise<AskResult<unknown>> {
    const { deadlineMs, ...sending } = options;
    const envelope = {
      ...this.envelope(letter, sending),
      replyTo: this.#options.id,
      expiresAtMs: this.#options.clock.nowMs() + deadlineMs,
    };
    const answered = this.#expect(envelope.id, deadlineMs);
    const posted = await this.#options.postOffice.postAsk(to, envelope);
    if (posted === 'restarting') this.#settle(envelope.id, { ok: false, code: 'ACTOR_RESTARTING' });
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
