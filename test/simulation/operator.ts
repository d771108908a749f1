/**
 * A person who looks after the dead letters (brings them back, mends some, drops what is beyond help), and
 * now and then voids a bet or a column.
 */
import type { Envelope } from '../../src/protocol/envelope.ts';
import type { OperateMarketBody, OperatorCommand } from '../../src/protocol/letters/operate-market.ts';
import { RESOLVER } from '../../src/protocol/letters/resolver.ts';
import { type DeadLetter, isQuarantined, REPLAYS_MAX } from '../../src/runtime/mailbox/dead-letters.ts';
import { MemoryDeadLetters } from '../../src/runtime/mailbox/memory-dead-letters.ts';
import { Dice } from './dice.ts';
import type { World } from './world.ts';

const LOOK_MS_MIN = 50;
const LOOK_MS_MAX = 500;
const VOID_MS_MIN = 3_000;
const VOID_MS_MAX = 20_000;
/** Of one letter, however often it was duplicated, and brought back twice because an answer got lost. */
const COPIES_MAX = 6;

export class Operator {
  readonly #world: World;
  readonly #dice: Dice;
  readonly #voidDice: Dice;
  /** By letter and how often it had been brought back before: how often it was brought back then. */
  readonly #replays = new Map<string, number>();

  constructor(seed: number, world: World) {
    this.#world = world;
    this.#dice = new Dice(seed, 'operator');
    this.#voidDice = new Dice(seed, 'operator who voids');
  }

  start(): void {
    void this.#run();
    void this.#voidNowAndThen();
  }

  /** Whatever comes of it: the judge looks at what is in the books. */
  async #voidNowAndThen(): Promise<void> {
    const { clock, judge, redis, trace } = this.#world;
    for (let turn = 1; ; turn += 1) {
      await clock.delay(this.#voidDice.int(VOID_MS_MIN, VOID_MS_MAX));
      const open = judge.openBets();
      if (open.length === 0) continue;
      const { id: betId, opensAtMs, closesAtMs } = this.#voidDice.pick(open);
      const command: OperatorCommand = this.#voidDice.chance(0.3)
        ? { type: 'void-column', opensAtMs, closesAtMs }
        : { type: 'void', betId };
      const body: OperateMarketBody = { id: `void-${turn}`, actor: 'operator', reason: 'a drill', command };
      trace.line(`operator: ${command.type} ${betId.slice(-10)}`);
      void redis.mailbox(RESOLVER.name).post(RESOLVER.name, {
        ...{ id: `operate-${turn}`, type: 'OperateMarket', from: 'operator', sentAtMs: clock.nowMs() },
        ...{ body, control: true },
      });
    }
  }

  async #run(): Promise<void> {
    for (;;) {
      await this.#world.clock.delay(this.#dice.int(LOOK_MS_MIN, LOOK_MS_MAX));
      for (const [actor, postOffice] of this.#world.redis.mailboxes()) {
        const deadLetters = new MemoryDeadLetters(postOffice);
        const [oldest] = await deadLetters.list(actor);
        if (oldest) await this.#see(deadLetters, oldest);
      }
    }
  }

  async #see(deadLetters: MemoryDeadLetters, letter: DeadLetter): Promise<void> {
    const { judge, reached, redis, trace } = this.#world;
    const { actor, id, envelope } = letter;
    if (this.#dice.chance(0.05)) redis.cure(envelope);
    const result = await deadLetters.replay(actor, id);
    trace.line(`dead ${envelope.type} of ${actor} ${envelope.id.slice(0, 6)}: ${result}`);
    reached(`dead letter ${result}`);
    judge.expect(result !== 'unknown', `a dead letter of ${actor} cannot be found`);
    const isDue = isQuarantined(letter) ? 'quarantined' : 'replayed';
    judge.expect(result === isDue || result === 'full', `a dead letter of ${actor} was ${result}`);
    if (result === 'replayed') this.#countReplay(envelope);
    if (result === 'quarantined' && (await deadLetters.drop(actor, id))) {
      redis.noteLoss(actor);
      reached('dead letter dropped');
    }
    const isListed = (await deadLetters.list(actor)).some((listed) => listed.id === id);
    judge.expect(isListed === (result === 'full'), `a dead letter of ${actor} was ${result} and stays`);
  }

  /** Each copy of a letter that was duplicated on its way may be brought back as often. */
  #countReplay({ id, type, replays = 0 }: Envelope): void {
    this.#world.judge.expect(replays < REPLAYS_MAX, `${type} was brought back ${replays + 1} times`);
    const key = `${id} ${replays}`;
    const count = (this.#replays.get(key) ?? 0) + 1;
    this.#replays.set(key, count);
    this.#world.judge.expect(count <= COPIES_MAX, `${count} copies of one ${type} were brought back`);
  }
}
