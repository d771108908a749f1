/**
 * Runs one actor: takes letters from its mailbox, gives them to it in turns, lets what a turn said leave once
 * its effects are durable, then acks. The same host runs in a worker thread on Redis and in a test on memory.
 *
 * Invariants: turns never overlap (letters, timers); replies and signals of a turn leave only if it
 * succeeded, and before its acks; the first error ends the host, and `onCrash` hears of it exactly once.
 */
import type { Envelope, Letter, Received } from '../protocol/envelope.ts';
import type { ActorContext, ActorDefinition, AnyReceived, AskResult } from './actor.ts';
import { AskDesk } from './ask-desk.ts';
import type { Clock, Timer } from './clock.ts';
import type { Logger } from './logger.ts';
import type { Delivery, Mailbox, PostOffice } from './mailbox/mailbox.ts';
import type { Metrics } from './metrics.ts';
import type { Random } from './random.ts';
import type { SignalBus } from './signals/signal-bus.ts';
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
  readonly mailboxDepth: number;
  readonly pendingAsks: number;
  readonly turns: number;
}

export const BATCH_MAX_DEFAULT = 256;
export const ATTEMPTS_MAX_DEFAULT = 3;

export class ActorHost<L extends Letter, S> {
  readonly #definition: ActorDefinition<L, S>;
  readonly #options: ActorHostOptions;
  readonly #turns: TurnQueue;
  readonly #asks: AskDesk;
  readonly #context: ActorContext;
  readonly #timers = new Set<Timer>();
  readonly #deliveryIds = new WeakMap<object, string>();
  #deferred = new Set<string>();
  #completed: string[] = [];
  #mailbox: Mailbox | undefined;
  #letterLoop: Promise<void> = Promise.resolve();
  #startedState: { readonly value: S } | undefined;
  #state: HostState = 'new';

  constructor(definition: ActorDefinition<L, S>, options: ActorHostOptions) {
    this.#definition = definition;
    this.#options = options;
    this.#turns = new TurnQueue();
    this.#asks = new AskDesk(options);
    this.#context = this.#createContext();
  }

  /** Opens the mailbox, builds the state, begins to take letters. Rejects (once) if `start` throws. */
  async start(): Promise<void> {
    this.#state = 'starting';
    try {
      this.#mailbox = await this.#options.postOffice.open(this.#options.id);
      this.#watch(this.#takeReplies(this.#mailbox));
      await this.#turns.run(async () => {
        this.#startedState = { value: await this.#definition.start(this.#context) };
      });
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
  async stop(): Promise<void> {
    if (this.#state !== 'running') return;
    this.#state = 'stopping';
    for (const timer of this.#timers) timer.cancel();
    await this.#turns.idle();
    this.#asks.giveUp();
    if (this.#startedState) await this.#definition.stop?.(this.#startedState.value, this.#context);
    await this.#mailbox?.close();
    await this.#letterLoop.catch(() => {});
    if (this.#state === 'stopping') this.#state = 'stopped';
  }

  /** Ends at once, as a killed thread does: nothing is finished, nothing acked. For tests. */
  kill(): void {
    this.#crash(new Error('killed'));
  }

  async health(): Promise<HostHealth> {
    const mailboxDepth = (await this.#mailbox?.depth()) ?? 0;
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
    const attemptsMax = this.#options.attemptsMax ?? ATTEMPTS_MAX_DEFAULT;
    const letters: Received<L>[] = [];
    for (const delivery of deliveries) {
      if (delivery.attempt > attemptsMax) await this.#bury(mailbox, delivery);
      else letters.push(this.#receive(delivery));
    }
    if (letters.length === 0) return;
    const { clock, metrics } = this.#options;
    const startedMs = clock.monotonicMs();
    await this.#definition.receive(this.#startedState.value, letters, this.#context);
    metrics.observeSeconds('actor_turn_seconds', (clock.monotonicMs() - startedMs) / 1000);
    metrics.count('actor_letters_total', {}, letters.length);
    await this.#release(mailbox, letters);
  }

  /** The turn is durable: what it said leaves, then its letters are acked. */
  async #release(mailbox: Mailbox, letters: readonly Received<L>[]): Promise<void> {
    const outgoing = this.#turns.takeOutgoing();
    if (this.#state === 'crashed') return;
    await Promise.all(outgoing.map((leave) => leave()));
    const acks = this.#completed;
    this.#completed = [];
    for (const letter of letters) {
      const deliveryId = this.#deliveryIds.get(letter);
      if (deliveryId !== undefined && !this.#deferred.has(deliveryId)) acks.push(deliveryId);
    }
    await mailbox.ack([...new Set(acks)]);
  }

  async #bury(mailbox: Mailbox, delivery: Delivery): Promise<void> {
    const error = this.#options.lastCrash ?? 'gave up: the actor ended each time it handled this letter';
    this.#options.log.error(
      { letter: delivery.envelope.type, id: delivery.envelope.id, error },
      'letter is dead',
    );
    this.#options.metrics.count('actor_dead_letters_total');
    await mailbox.bury(delivery, error);
  }

  #receive(delivery: Delivery): Received<L> {
    const { id, type, from, replyTo, sentAtMs, body } = delivery.envelope;
    const letter = {
      id,
      type,
      from,
      sentAtMs,
      body,
      attempt: delivery.attempt,
      ...(replyTo ? { replyTo } : {}),
    };
    this.#deliveryIds.set(letter, delivery.deliveryId);
    return letter as unknown as Received<L>;
  }

  #createContext(): ActorContext {
    const { id, clock, random, log, metrics, signals } = this.#options;
    return {
      self: id,
      clock,
      random,
      log,
      metrics,
      send: (to, letter) => this.#options.postOffice.post(to.name, this.#asks.envelope(letter)),
      ask: (to, letter, { deadlineMs }) =>
        this.#asks.ask(to.name, letter, deadlineMs) as Promise<AskResult<never>>,
      reply: (to, body) => this.#reply(to, body),
      defer: (letter) => this.#defer(letter),
      complete: (letter) => this.#complete(letter),
      publish: (channel, signal) => this.#turns.say(async () => signals.publish(channel.name, signal)),
      subscribe: (channel, handler) =>
        signals.subscribe(channel.name, (signal) => {
          if (this.#state === 'crashed' || this.#state === 'stopped') return;
          this.#guard(() => handler(signal as never));
        }),
      after: (delayMs, work) => this.#schedule(delayMs, work),
      every: (intervalMs, work) => this.#repeat(intervalMs, work),
      fail: (error) => this.#crash(error),
    };
  }

  #reply(to: AnyReceived, body: unknown): void {
    const { replyTo } = to;
    if (replyTo === undefined) return;
    const envelope: Envelope = { ...this.#asks.envelope({ type: 'Reply', body }), correlationId: to.id };
    this.#turns.say(() => this.#options.postOffice.postReply(replyTo, envelope));
  }

  #defer(letter: AnyReceived): void {
    const deliveryId = this.#deliveryIds.get(letter);
    if (deliveryId !== undefined) this.#deferred.add(deliveryId);
  }

  #complete(letter: AnyReceived): void {
    const deliveryId = this.#deliveryIds.get(letter);
    if (deliveryId === undefined || !this.#deferred.delete(deliveryId)) return;
    this.#completed.push(deliveryId);
  }

  #schedule(delayMs: number, work: () => Promise<void> | void): Timer {
    const timer = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(timer);
      this.#watch(this.#runTimerTurn(work));
    });
    this.#timers.add(timer);
    return timer;
  }

  /** The next run is set only after the last one ended, so a pause leaves one late run, not a flood. */
  #repeat(intervalMs: number, work: () => Promise<void> | void): Timer {
    const { clock } = this.#options;
    let current: Timer;
    let cancelled = false;
    const arm = (): void => waitUntil((Math.floor(clock.nowMs() / intervalMs) + 1) * intervalMs);
    const waitUntil = (dueMs: number): void => {
      current = this.#schedule(dueMs - clock.nowMs(), async () => {
        // A timer may fire a hair before the wall clock reads `dueMs`: running then would skip this instant.
        const earlyMs = dueMs - clock.nowMs();
        const isEarly = earlyMs > 0 && earlyMs < intervalMs;
        if (!isEarly) await work();
        if (cancelled) return;
        if (isEarly) waitUntil(dueMs);
        else arm();
      });
    };
    arm();
    return {
      cancel: () => {
        cancelled = true;
        current.cancel();
      },
    };
  }

  async #runTimerTurn(work: () => Promise<void> | void): Promise<void> {
    await this.#turns.run(async () => {
      if (this.#state !== 'running' && this.#state !== 'starting') return;
      await work();
      if (this.#mailbox) await this.#release(this.#mailbox, []);
    });
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
    for (const timer of this.#timers) timer.cancel();
    this.#asks.giveUp();
    this.#mailbox?.close().catch(() => {});
    this.#options.onCrash(error);
  }
}
