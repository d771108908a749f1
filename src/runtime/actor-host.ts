/**
 * Runs one actor: takes letters from its mailbox, gives them to it in turns, lets what a turn said leave once
 * its effects are durable, then acks. The same host runs in a worker thread on Redis and in a test on memory.
 *
 * Invariants: turns never overlap (letters, timers); replies and signals of a turn leave only if it
 * succeeded, and before its acks; the first error ends the host, and `onCrash` hears of it exactly once. An
 * actor that finishes ends as if it had been stopped, and `onFinish` hears of it unless it crashes over it.
 */
import type { Envelope, Letter, Received } from '../protocol/envelope.ts';
import type { ActorContext, ActorDefinition, AnyReceived, AskResult } from './actor.ts';
import { ActorTimers } from './actor-timers.ts';
import { AskDesk } from './ask-desk.ts';
import type { Clock } from './clock.ts';
import { failpoint } from './failpoint.ts';
import { LetterTimes } from './letter-times.ts';
import type { Logger } from './logger.ts';
import type { Delivery, Mailbox, PostOffice } from './mailbox/mailbox.ts';
import { MailboxDepth } from './mailbox/mailbox-depth.ts';
import type { Metrics } from './metrics.ts';
import type { Random } from './random.ts';
import type { SignalBus } from './signals/signal-bus.ts';
import { TraceScope } from './trace-scope.ts';
import { TurnQueue } from './turn-queue.ts';

export interface ActorHostOptions {
  /** Mailbox name; several instances of one definition have different ones. */
  readonly id: string;
  readonly postOffice: PostOffice;
  readonly signals: SignalBus;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly onCrash: (error: Error) => void;
  /** The actor ended itself in order. */
  readonly onFinish?: () => void;
  /** Letters in one turn, at most. */
  readonly batchMax?: number;
  /** A letter delivered more often than this goes to the dead letters. */
  readonly attemptsMax?: number;
  /** What ended the previous life, to be written on a letter that is given up. */
  readonly lastCrash?: string;
}

export type HostState = 'new' | 'starting' | 'running' | 'stopping' | 'stopped' | 'crashed';

export interface HostHealth {
  readonly state: HostState;
  /** As of the beat before: the answer must not wait for the store. */
  readonly mailboxDepth: number;
  readonly pendingAsks: number;
  readonly turns: number;
}

export const BATCH_MAX_DEFAULT = 256;
export const ATTEMPTS_MAX_DEFAULT = 3;
const SPARED_ATTEMPTS_FACTOR = 3;
/** For answers on their way when the actor stops; well below the `shutdownMs` of a child. */
const ANSWERS_GRACE_MS = 2_000;

export class ActorHost<L extends Letter, S> {
  readonly #definition: ActorDefinition<L, S>;
  readonly #options: ActorHostOptions;
  readonly #turns: TurnQueue;
  readonly #asks: AskDesk;
  readonly #context: ActorContext;
  readonly #timers: ActorTimers;
  readonly #times: LetterTimes;
  readonly #traces = new TraceScope();
  readonly #deliveryIds = new WeakMap<object, string>();
  #deferred = new Set<string>();
  #completed: AnyReceived[] = [];
  #mailbox: Mailbox | undefined;
  #letterLoop: Promise<void> = Promise.resolve();
  #startedState: { readonly value: S } | undefined;
  #state: HostState = 'new';
  #stopped: Promise<void> = Promise.resolve();
  #isFinishing = false;
  #depth: MailboxDepth | undefined;

  constructor(definition: ActorDefinition<L, S>, options: ActorHostOptions) {
    this.#definition = definition;
    this.#options = options;
    this.#turns = new TurnQueue();
    this.#asks = new AskDesk({ ...options, traces: this.#traces });
    this.#timers = new ActorTimers(options.clock, (work) => this.#watch(this.#runTimerTurn(work)));
    this.#times = new LetterTimes(options.clock, options.metrics);
    this.#context = this.#createContext();
  }

  /** Opens the mailbox, builds the state, begins to take letters. Rejects (once) if `start` throws. */
  async start(): Promise<void> {
    this.#state = 'starting';
    try {
      this.#mailbox = await this.#options.postOffice.open(this.#options.id);
      this.#depth = new MailboxDepth(this.#mailbox);
      this.#watch(this.#takeReplies(this.#mailbox));
      await this.#turns.run(async () => {
        failpoint('start.begun');
        this.#startedState = { value: await this.#definition.start(this.#context) };
      });
      failpoint('start.done');
      this.#state = 'running';
      this.#letterLoop = this.#takeLetters(this.#mailbox);
      this.#watch(this.#letterLoop);
    } catch (error) {
      this.#state = 'crashed';
      await this.#mailbox?.close().catch(() => {});
      throw error;
    }
  }

  /** Takes no more letters, finishes the current turn, stops the actor, closes the mailbox. */
  stop(): Promise<void> {
    if (this.#state === 'running') {
      this.#state = 'stopping';
      this.#stopped = this.#stopInOrder();
    }
    return this.#stopped;
  }

  async #stopInOrder(): Promise<void> {
    this.#timers.cancelAll();
    await this.#turns.idle();
    // What runs outside of turns, as answers to clients do, may wait for one: it gets a moment.
    const grace = this.#options.clock.after(ANSWERS_GRACE_MS, () => this.#asks.giveUp());
    if (this.#startedState) await this.#definition.stop?.(this.#startedState.value, this.#context);
    grace.cancel();
    this.#asks.giveUp();
    await this.#mailbox?.forgive([...this.#deferred]);
    await this.#mailbox?.close();
    await this.#letterLoop.catch(() => {});
    if (this.#state === 'stopping') this.#state = 'stopped';
  }

  /** Ends at once, as a killed thread does: nothing is finished, nothing acked. For tests. */
  kill(): void {
    this.#crash(new Error('killed'));
  }

  async health(): Promise<HostHealth> {
    const mailboxDepth = this.#depth?.letters ?? 0;
    this.#depth?.measure();
    return { state: this.#state, mailboxDepth, pendingAsks: this.#asks.pending, turns: this.#turns.finished };
  }

  get state(): HostState {
    return this.#state;
  }

  /** True while a turn runs or waits to run. */
  get busy(): boolean {
    return this.#turns.busy;
  }

  /** True while a turn waits for another actor's answer. */
  get asking(): boolean {
    return this.#asks.pending > 0;
  }

  /** Asks from outside the actor, through its mailbox identity (tests, tools). */
  get context(): ActorContext {
    return this.#context;
  }

  async #takeLetters(mailbox: Mailbox): Promise<void> {
    while (this.#state === 'running') {
      const deliveries = await mailbox.take(this.#options.batchMax ?? BATCH_MAX_DEFAULT);
      if (deliveries.length === 0) return;
      await this.#turns.run(() => this.#handle(mailbox, deliveries));
    }
  }

  async #takeReplies(mailbox: Mailbox): Promise<void> {
    for (;;) {
      const replies = await mailbox.takeReplies();
      if (replies.length === 0) return;
      for (const reply of replies) this.#asks.answer(reply);
    }
  }

  async #handle(mailbox: Mailbox, deliveries: readonly Delivery[]): Promise<void> {
    if (this.#state !== 'running' || !this.#startedState) return;
    const letters: Received<L>[] = [];
    for (const delivery of deliveries) {
      if (this.#isGivenUp(delivery)) await this.#bury(mailbox, delivery);
      else if (this.#isExpired(delivery)) await this.#skip(mailbox, delivery);
      else letters.push(this.#receive(delivery));
    }
    if (letters.length === 0) return;
    const { clock, metrics } = this.#options;
    const { value: state } = this.#startedState;
    this.#times.taken(letters);
    const startedMs = clock.monotonicMs();
    failpoint('turn.taken');
    await this.#traces.run(letters, () => this.#definition.receive(state, letters, this.#context));
    const turnSeconds = (clock.monotonicMs() - startedMs) / 1000;
    metrics.observeSeconds('actor_turn_seconds', turnSeconds);
    this.#times.ran(letters, turnSeconds);
    metrics.count('actor_letters_total', {}, letters.length);
    await this.#release(mailbox, letters);
  }

  /** The turn is durable: what it said leaves, then its letters are acked. */
  async #release(mailbox: Mailbox, letters: readonly Received<L>[]): Promise<void> {
    const outgoing = this.#turns.takeOutgoing();
    if (this.#state === 'crashed') return;
    failpoint('turn.durable');
    await Promise.all(outgoing.map((leave) => leave()));
    failpoint('turn.said');
    const isDone = (letter: AnyReceived): boolean =>
      !this.#deferred.has(this.#deliveryIds.get(letter) ?? letter.id);
    const done = [...new Set([...this.#completed.splice(0), ...letters.filter(isDone)])];
    this.#times.done(done);
    await mailbox.ack(done.map((letter) => this.#deliveryIds.get(letter) ?? letter.id));
    failpoint('turn.acked');
  }

  async #releaseSoFar(): Promise<void> {
    if (this.#mailbox) await this.#release(this.#mailbox, []);
    if (this.#state === 'crashed') throw new Error('the actor has ended');
  }

  async #bury(mailbox: Mailbox, delivery: Delivery): Promise<void> {
    const error = this.#options.lastCrash ?? 'gave up: the actor ended each time it handled this letter';
    this.#options.log.error(
      { letter: delivery.envelope.type, id: delivery.envelope.id, error },
      'letter is dead',
    );
    this.#options.metrics.count('actor_dead_letters_total');
    await mailbox.bury(delivery, error, this.#options.clock.nowMs());
    // The one that ended earlier lives is found: the others only waited while they ended.
    await mailbox.forgive([...this.#deferred]);
  }

  /**
   * Too many attempts, and the letter that the last life was given last: the others above the limit were
   * only deferred while it died, and get on. Far above the limit no letter is spared.
   */
  #isGivenUp({ attempt, isSuspect }: Delivery): boolean {
    const attemptsMax = this.#options.attemptsMax ?? ATTEMPTS_MAX_DEFAULT;
    return attempt > attemptsMax * (isSuspect ? 1 : SPARED_ATTEMPTS_FACTOR);
  }

  #isExpired({ envelope: { expiresAtMs } }: Delivery): boolean {
    if (!this.#definition.skipExpired || expiresAtMs === undefined) return false;
    return expiresAtMs <= this.#options.clock.nowMs();
  }

  async #skip(mailbox: Mailbox, { deliveryId, envelope }: Delivery): Promise<void> {
    this.#options.metrics.count('actor_letters_expired_total', { type: envelope.type });
    await mailbox.ack([deliveryId]);
  }

  #receive(delivery: Delivery): Received<L> {
    const { once: _once, control: _control, replays: _replays, ...letterOnly } = delivery.envelope;
    const letter = { ...letterOnly, attempt: delivery.attempt };
    this.#deliveryIds.set(letter, delivery.deliveryId);
    return letter as unknown as Received<L>;
  }

  #createContext(): ActorContext {
    const { id, clock, random, log, metrics, postOffice, signals } = this.#options;
    return {
      self: id,
      clock,
      random,
      log,
      metrics,
      send: (to, letter, options) => postOffice.post(to.name, this.#asks.envelope(letter, options)),
      sendLater: async (to, letter, options) =>
        postOffice.postLater(to.name, this.#asks.envelope(letter, options), options.delayMs),
      cancelLater: (to, id) => postOffice.cancelLater(to.name, id),
      ask: (to, letter, options) => this.#asks.ask(to.name, letter, options) as Promise<AskResult<never>>,
      reply: (to, body) => this.#reply(to, body),
      defer: (letter) => this.#defer(letter),
      complete: (letter) => this.#complete(letter),
      release: () => this.#releaseSoFar(),
      publish: (channel, signal) => this.#turns.say(async () => signals.publish(channel.name, signal)),
      subscribe: (channel, handler) =>
        signals.subscribe(channel.name, (signal) => {
          if (this.#state === 'crashed' || this.#state === 'stopped') return;
          this.#guard(() => handler(signal as never));
        }),
      after: (delayMs, work) => this.#timers.after(delayMs, work),
      every: (intervalMs, work) => this.#timers.every(intervalMs, work),
      finish: () => this.#finish(),
      fail: (error) => this.#crash(error),
    };
  }

  #reply(to: AnyReceived, body: unknown): void {
    const { replyTo } = to;
    if (replyTo === undefined) return;
    const envelope: Envelope = {
      ...this.#asks.envelope({ type: 'Reply', body }, { cause: to }),
      correlationId: to.id,
    };
    this.#turns.say(() => this.#options.postOffice.postReply(replyTo, envelope));
  }

  #defer(letter: AnyReceived): void {
    const deliveryId = this.#deliveryIds.get(letter);
    if (deliveryId !== undefined) this.#deferred.add(deliveryId);
  }

  #complete(letter: AnyReceived): void {
    const deliveryId = this.#deliveryIds.get(letter);
    if (deliveryId === undefined || !this.#deferred.delete(deliveryId)) return;
    this.#completed.push(letter);
  }

  async #runTimerTurn(work: () => Promise<void> | void): Promise<void> {
    await this.#turns.run(async () => {
      if (this.#state !== 'running' && this.#state !== 'starting') return;
      await work();
      if (this.#mailbox) await this.#release(this.#mailbox, []);
    });
  }

  /** As a turn of its own, which comes after the one that runs now and before the next letters'. */
  #finish(): void {
    if (this.#isFinishing) return;
    this.#isFinishing = true;
    const begun = this.#turns.run(async () => void this.stop().catch(() => {}));
    const ended = begun.then(() => this.#stopped);
    this.#watch(ended.then(() => void (this.#state === 'stopped' && this.#options.onFinish?.())));
  }

  #watch(loop: Promise<void>): void {
    loop.catch((error: unknown) => this.#crash(error instanceof Error ? error : new Error(String(error))));
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#crash(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #crash(error: Error): void {
    if (this.#state === 'crashed' || this.#state === 'stopped') return;
    this.#state = 'crashed';
    this.#timers.cancelAll();
    this.#asks.giveUp();
    this.#mailbox?.close().catch(() => {});
    this.#options.onCrash(error);
  }
}
