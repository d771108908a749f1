/**
 * What a developer writes to add an actor, and all it may touch.
 *
 * An actor is a name, a state made by `start`, and `receive`, which gets letters in order, in batches, one
 * batch at a time. When `receive` returns, its effects are durable: only then do the replies and signals it
 * gave leave, and the batch is acked. When it throws, nothing leaves, the actor crashes, is restarted, builds
 * its state anew from its durable source, and the letters come again: handlers must be idempotent.
 * An actor that has no more to do says so with `finish` and ends in order; what is not done comes again then.
 * Nothing in an actor knows whether it runs in a thread on Redis or in a test on one stack.
 */
import type { Address, Channel, Letter, Received } from '../protocol/envelope.ts';
import type { Clock, Timer } from './clock.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { Random } from './random.ts';

/** Why a letter was not taken, or not answered. All are safe to retry with an idempotent letter. */
export type AskFailure = 'MAILBOX_FULL' | 'ACTOR_RESTARTING' | 'OUTCOME_UNKNOWN';
export type AskResult<R> =
  | { readonly ok: true; readonly reply: R }
  | { readonly ok: false; readonly code: AskFailure };
/** `unavailable`: the mailbox could not be reached; whether the letter arrived is unknown. */
export type SendResult = 'posted' | 'full' | 'unavailable';

export type AnyReceived = Received<Letter>;

export interface SendOptions {
  /** What the letter is about; shown with dead letters. Order is kept for all letters of a mailbox anyway. */
  readonly key?: string;
  /** Passes a full mailbox and goes before ordinary letters. For the few that must never wait behind work. */
  readonly control?: boolean;
  /** The letter this one follows from; needed where a turn holds letters of several traces. */
  readonly cause?: AnyReceived;
  /** W3C trace context to begin or go on with; without it the trace of the cause or of the turn goes on. */
  readonly trace?: string;
}

/** `id`: the sender's own; while the mailbox remembers it, sending it again delivers nothing twice. */
export type LetterOptions = SendOptions & { readonly id?: string };
/** `delayMs`: how long the letter is held back at least; an integer ≥ 0, of any size. */
export type LaterOptions = LetterOptions & { readonly delayMs: number };
export type AskOptions = SendOptions & { readonly deadlineMs: number };

export interface ActorContext {
  /** Mailbox name of this actor. */
  readonly self: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;

  /** Posts a letter now. Never throws; a full mailbox is an answer, not an exception. */
  send<L extends Letter, R>(to: Address<L, R>, letter: L, options?: LetterOptions): Promise<SendResult>;
  /**
   * Posts a letter now that is delivered in `delayMs`, as if sent then (`sentAtMs` says when). It is held in
   * the store, not here: it comes although sender, receiver or process ended meanwhile. `full`: as many are
   * held as the mailbox takes. Held under one `id` it is held once, and the first counts. Lost with the store
   * (FLUSHALL, eviction): whoever must be sure sends it again, under the same `id`. For what may end with
   * this life `after` is cheaper. Never early; how late, see mailbox.ts. Throws only on an impossible delay.
   */
  sendLater<L extends Letter, R>(to: Address<L, R>, letter: L, options: LaterOptions): Promise<SendResult>;
  /**
   * Takes back a letter sent later under the sender's own `id`. True: it will not come. False: it is not held
   * any more, was never, or the store could not be asked. Never throws.
   */
  cancelLater(to: Address, id: string): Promise<boolean>;
  /** Posts a letter and waits for its reply, at most `deadlineMs`. Never throws. */
  ask<L extends Letter, R, T extends L['type'] & keyof R>(
    to: Address<L, R>,
    letter: Extract<L, { type: T }> & { readonly type: T },
    options: AskOptions,
  ): Promise<AskResult<R[T]>>;
  /** Answers an ask. Inside a turn it leaves when the turn's effects are durable. */
  reply(to: AnyReceived, body: unknown): void;
  /** The letter outlives this turn unacked; `complete` it in a later one. A crash redelivers it. */
  defer(letter: AnyReceived): void;
  /** A deferred letter is done: it is acked with the current turn. */
  complete(letter: AnyReceived): void;
  /**
   * Within a turn: all it did so far is durable, so what it said leaves now, and the deferred letters it
   * completed are acked. For turns with much to do: who is answered need not wait for the rest.
   * Rejects if the actor has ended meanwhile; the turn must end then.
   */
  release(): Promise<void>;
  /** Sends a signal to whoever listens now. Inside a turn it leaves when the turn's effects are durable. */
  publish<S>(channel: Channel<S>, signal: S): void;
  /** Handlers are synchronous and run outside turns; they must not touch what turns change. */
  subscribe<S>(channel: Channel<S>, handler: (signal: S) => void): Promise<void>;
  /** Runs `work` as a turn of its own (never during another) once, after at least `delayMs`. */
  after(delayMs: number, work: () => Promise<void> | void): Timer;
  /** Runs `work` as a turn every `intervalMs`, aligned to multiples of it; missed runs coalesce into one. */
  every(intervalMs: number, work: () => Promise<void> | void): Timer;
  /**
   * Ends this actor in order once the turn that runs now is over: its effects durable, its replies gone, its
   * letters acked, then `stop`. If the turn throws, that is a crash as ever. Deferred letters and those still
   * to come stay in the mailbox for the next life, if there is one: `permanent` is started again, `transient`
   * and `temporary` are done. No incident.
   */
  finish(): void;
  /** Crashes this actor on purpose: its memory can no longer be trusted. */
  fail(error: Error): void;
}

export interface ActorDefinition<L extends Letter, S> {
  readonly name: string;
  /** Asks whose deadline has passed are acked and counted instead of handled. */
  readonly skipExpired?: boolean;
  /** Builds the state from its durable source, never from the crashed instance. May ask other actors. */
  start(context: ActorContext): Promise<S> | S;
  /** Handles a batch in order. Returning means: the effects are durable. */
  receive(state: S, letters: readonly Received<L>[], context: ActorContext): Promise<void> | void;
  /**
   * Runs after the last turn, before the mailbox closes. Closes what `start` opened. Asks that wait are given
   * up two seconds later.
   */
  stop?(state: S, context: ActorContext): Promise<void> | void;
}

/**
 * Any actor, whatever its letters and state: what the runtime holds. Letters are checked where they are sent
 * (an Address says what its mailbox takes), so the erased form may take any.
 */
export interface AnyActorDefinition {
  readonly name: string;
  readonly skipExpired?: boolean;
  start(context: ActorContext): unknown;
  receive(state: never, letters: never, context: ActorContext): Promise<void> | void;
  stop?(state: never, context: ActorContext): Promise<void> | void;
}

/** Identity at run time; at compile time it infers the letters and the state. */
export const defineActor = <L extends Letter, S>(definition: ActorDefinition<L, S>): ActorDefinition<L, S> =>
  definition;
