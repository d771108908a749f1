/**
 * Asks in flight: each has a deadline and ends exactly once, with its reply or with the reason there is
 * none. Late replies are dropped. An ask never rejects: that the outcome is unknown is an answer too.
 */
import type { Envelope, Letter } from '../protocol/envelope.ts';
import type { AskOptions, AskResult, LaterOptions, LetterOptions } from './actor.ts';
import type { Clock, Timer } from './clock.ts';
import type { AskPostResult, PostOffice } from './mailbox/mailbox.ts';
import type { Random } from './random.ts';
import type { TraceScope } from './trace-scope.ts';

interface PendingAsk {
  /** Of the monotonic clock. */
  readonly dueMs: number;
  readonly settle: (result: AskResult<unknown>) => void;
}

type Draft = { -readonly [K in keyof Envelope]: Envelope[K] };

const UNKNOWN = { ok: false, code: 'OUTCOME_UNKNOWN' } as const;
/** Why an ask is not waited for. */
const REFUSALS = {
  restarting: { ok: false, code: 'ACTOR_RESTARTING' },
  full: { ok: false, code: 'MAILBOX_FULL' },
  unavailable: UNKNOWN,
} as const satisfies Record<Exclude<AskPostResult, 'posted'>, AskResult<unknown>>;

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
  /** One for all of them, set to when the first may be due: a timer for each costs more than its ask. */
  #timer: Timer | undefined;
  #lookAtMs = Infinity;

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
    const envelope: Draft = {
      id: options.id ?? random.id(),
      type: letter.type,
      from,
      sentAtMs: clock.nowMs() + delayMs,
      body: letter.body,
    };
    if (trace !== undefined) envelope.trace = trace;
    if (options.key !== undefined) envelope.key = options.key;
    if (options.id !== undefined) envelope.once = true;
    if (options.control) envelope.control = true;
    return envelope;
  }

  ask(to: string, letter: Letter, options: AskOptions): Promise<AskResult<unknown>> {
    const { deadlineMs } = options;
    const envelope: Draft = this.envelope(letter, options);
    envelope.replyTo = this.#options.id;
    envelope.expiresAtMs = this.#options.clock.nowMs() + deadlineMs;
    const { id } = envelope;
    const answered = this.#expect(id, deadlineMs);
    void this.#options.postOffice.postAsk(to, envelope).then((posted) => {
      if (posted !== 'posted') this.#settle(id, REFUSALS[posted]);
    });
    return answered;
  }

  answer(reply: Envelope): void {
    if (reply.correlationId !== undefined) this.#settle(reply.correlationId, { ok: true, reply: reply.body });
  }

  /** Ends every ask that waits. */
  giveUp(): void {
    for (const id of [...this.#pending.keys()]) this.#settle(id, UNKNOWN);
  }

  #expect(id: string, deadlineMs: number): Promise<AskResult<unknown>> {
    const dueMs = this.#options.clock.monotonicMs() + deadlineMs;
    if (dueMs < this.#lookAtMs) this.#lookAt(dueMs);
    return new Promise((settle) => {
      this.#pending.set(id, { dueMs, settle });
    });
  }

  #lookAt(dueMs: number): void {
    const { clock } = this.#options;
    this.#timer?.cancel();
    this.#lookAtMs = dueMs;
    this.#timer = clock.after(Math.max(0, dueMs - clock.monotonicMs()), () => this.#expire());
  }

  /** Those that waited long enough; the others are looked at when the first of them is due. */
  #expire(): void {
    this.#timer = undefined;
    this.#lookAtMs = Infinity;
    const nowMs = this.#options.clock.monotonicMs();
    let nextMs = Infinity;
    for (const [id, { dueMs }] of this.#pending) {
      if (dueMs <= nowMs) this.#settle(id, UNKNOWN);
      else nextMs = Math.min(nextMs, dueMs);
    }
    if (nextMs < this.#lookAtMs) this.#lookAt(nextMs);
  }

  #settle(id: string, result: AskResult<unknown>): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#lookNoMore();
    pending.settle(result);
  }

  /** Nothing waits: no timer of ours keeps the thread awake. */
  #lookNoMore(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#lookAtMs = Infinity;
  }
}
