/**
 * Actors on one stack: memory mailboxes, a clock that moves only when told, seeded randomness. For unit tests
 * of actors; no threads, no Redis, no sleeps.
 *
 *   const system = await createTestSystem({ seed: 1 });
 *   await system.start(tickCounter);
 *   system.deliver(TICK_COUNTER, { type: 'Count', body: {} });
 *   expect(await system.ask(TICK_COUNTER, { type: 'GetCount', body: {} })).toEqual({ count: 1 });
 *   system.expectNoDeadLetters();
 */
import type { Address, Channel, Letter } from '../../protocol/envelope.ts';
import type { ActorContext, ActorDefinition } from '../actor.ts';
import { ActorHost } from '../actor-host.ts';
import { ManualClock } from '../clock.ts';
import { silentLogger } from '../logger.ts';
import { MemoryPostOffice } from '../mailbox/memory-mailbox.ts';
import { Metrics } from '../metrics.ts';
import { MemoryOutboxStream } from '../outbox/memory-outbox-stream.ts';
import { OutboxReader } from '../outbox/outbox-reader.ts';
import { type Random, seededRandom } from '../random.ts';
import { MemorySignalBus } from '../signals/memory-signal-bus.ts';

export interface TestSystemOptions {
  readonly seed?: number;
  /** Where the clock starts, ms since the Unix epoch. */
  readonly startMs?: number;
}

const START_MS_DEFAULT = 1_700_000_000_000;
const ASK_DEADLINE_MS = 60_000;

/** Collects letters sent to a mailbox that no actor of the test owns. */
export interface Probe {
  /** Letters received so far, oldest first. */
  readonly letters: readonly Letter[];
  /** Answers the oldest unanswered ask. */
  reply(body: unknown): void;
}

type AnyHost = ActorHost<Letter, unknown>;

export class TestSystem {
  readonly clock: ManualClock;
  readonly random: Random;
  readonly postOffice: MemoryPostOffice;
  readonly signals = new MemorySignalBus();
  /** Errors of actors that crashed, in order. */
  readonly crashes: { readonly actor: string; readonly error: Error }[] = [];
  /** Actors that ended themselves in order (`context.finish()`), in order. */
  readonly finished: string[] = [];
  readonly #hosts = new Map<string, AnyHost>();
  readonly #outboxes = new Map<string, MemoryOutboxStream>();
  readonly #definitions = new Map<string, ActorDefinition<Letter, unknown>>();
  readonly #client: AnyHost;

  constructor(options: TestSystemOptions) {
    this.clock = new ManualClock(options.startMs ?? START_MS_DEFAULT);
    this.postOffice = new MemoryPostOffice(this.clock);
    this.random = seededRandom(options.seed ?? 1);
    this.#client = this.#host('test', { name: 'test', start: () => undefined, receive: () => {} });
  }

  /** Starts an actor under its own name, or under `id`. */
  async start<L extends Letter, S>(
    definition: ActorDefinition<L, S>,
    id: string = definition.name,
  ): Promise<void> {
    const erased = definition as unknown as ActorDefinition<Letter, unknown>;
    this.#definitions.set(id, erased);
    const host = this.#host(id, erased);
    this.#hosts.set(id, host);
    await host.start();
  }

  /** Ends an actor as a crash does and starts a new life of it from its durable source. */
  async restart(id: string): Promise<void> {
    this.#hosts.get(id)?.kill();
    const definition = this.#definitions.get(id);
    if (!definition) throw new Error(`no actor ${id} in this test system`);
    await this.start(definition, id);
    await this.idle();
  }

  async stop(id: string): Promise<void> {
    await this.#hosts.get(id)?.stop();
  }

  isCrashed(id: string): boolean {
    return this.#hosts.get(id)?.state === 'crashed';
  }

  /** Posts a letter and returns at once; `idle()` lets it be handled. */
  deliver<L extends Letter, R>(to: Address<L, R>, letter: L): void {
    void this.#client.context.send(to, letter);
  }

  /** Asks and lets actors work until the reply is there. Virtual time does not move. */
  async ask<L extends Letter, R, T extends L['type'] & keyof R>(
    to: Address<L, R>,
    letter: Extract<L, { type: T }> & { readonly type: T },
  ): Promise<R[T]> {
    const result = await this.asking(to, letter);
    if (!result.ok) throw new Error(`${to.name} gave no reply to ${letter.type}: ${result.code}`);
    return result.reply;
  }

  /** Asks without waiting: for answers that need time to pass. */
  asking<L extends Letter, R, T extends L['type'] & keyof R>(
    to: Address<L, R>,
    letter: Extract<L, { type: T }> & { readonly type: T },
  ) {
    return this.#client.context.ask<L, R, T>(to, letter, { deadlineMs: ASK_DEADLINE_MS });
  }

  /** Takes the place of an actor: records what it is sent. */
  async probe<L extends Letter, R>(at: Address<L, R>): Promise<Probe> {
    const letters: Letter[] = [];
    const unanswered: ((body: unknown) => void)[] = [];
    await this.start(
      {
        name: at.name,
        start: () => undefined,
        receive: (_state, received, context) => {
          for (const letter of received) {
            letters.push({ type: letter.type, body: letter.body });
            if (letter.replyTo) unanswered.push((body) => context.reply(letter, body));
          }
        },
      },
      at.name,
    );
    return { letters, reply: (body) => unanswered.shift()?.(body) };
  }

  /** Records every signal of a channel. */
  async listen<S>(channel: Channel<S>): Promise<S[]> {
    const signals: S[] = [];
    await this.signals.subscribe(channel.name, (signal) => signals.push(signal as S));
    return signals;
  }

  /** The stream of this outbox: give it to the actors that relay to it or read from it. */
  outbox(name: string): MemoryOutboxStream {
    const stream = this.#outboxes.get(name) ?? new MemoryOutboxStream();
    this.#outboxes.set(name, stream);
    return stream;
  }

  /** Records every event that is put on an outbox stream from now on; a gap is an error. */
  async listenToOutbox<E, P = E>(name: string, unpack?: (told: P) => readonly E[]): Promise<E[]> {
    const heard: E[] = [];
    const asHeard = unpack ?? ((told: P) => [told as unknown as E]);
    const fail = (error: Error): void => void this.crashes.push({ actor: `listener of ${name}`, error });
    const reader = new OutboxReader<P>({
      stream: this.outbox(name),
      from: 'end',
      onEvents: (events) => heard.push(...events.flatMap(asHeard)),
      onGap: ({ reason }) => fail(new Error(`a gap in ${name}: ${reason}`)),
      fail,
      clock: this.clock,
      metrics: new Metrics('listener'),
    });
    await reader.start();
    return heard;
  }

  /** Moves virtual time on, firing timers in order and letting every actor come to rest after each. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.clock.monotonicMs() + byMs;
    await this.idle();
    while (this.clock.fireNext(untilMs)) await this.idle();
  }

  /**
   * Resolves when no letter is on its way and no actor is in a turn, but for those that wait for an answer.
   */
  async idle(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      await new Promise((resolve) => setImmediate(resolve));
      quiet = this.#atRest() ? quiet + 1 : 0;
    }
  }

  /** What the test itself sends and asks with, for options that `deliver` and `ask` do not have. */
  get client(): ActorContext {
    return this.#client.context;
  }

  expectNoDeadLetters(): void {
    const dead = this.postOffice.deadLetters.map(
      ({ actor, envelope, error }) => `${actor}/${envelope.type}: ${error}`,
    );
    if (dead.length > 0) throw new Error(`dead letters:\n${dead.join('\n')}`);
  }

  #atRest(): boolean {
    const running = [...this.#hosts].filter(([, host]) => host.state === 'running');
    const names = [...running.map(([id]) => id), 'test'];
    return running.every(([, host]) => !host.busy || host.asking) && this.postOffice.inFlight(names) === 0;
  }

  #host(id: string, definition: ActorDefinition<Letter, unknown>): AnyHost {
    return new ActorHost(definition, {
      id,
      postOffice: this.postOffice,
      signals: this.signals,
      clock: this.clock,
      random: this.random,
      log: silentLogger,
      metrics: new Metrics(id),
      onCrash: (error) => this.crashes.push({ actor: id, error }),
      onFinish: () => this.finished.push(id),
    });
  }

  async open(): Promise<this> {
    await this.#client.start();
    return this;
  }
}

export const createTestSystem = (options: TestSystemOptions = {}): Promise<TestSystem> =>
  new TestSystem(options).open();
