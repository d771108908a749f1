/** A person who looks after the dead letters: brings them back, mends some, drops what is beyond help. */
import { type DeadLetter, isQuarantined, REPLAYS_MAX } from '../../src/runtime/mailbox/dead-letters.ts';
import { MemoryDeadLetters } from '../../src/runtime/mailbox/memory-dead-letters.ts';
import { Dice } from './dice.ts';
import type { World } from './world.ts';

const LOOK_MS_MIN = 50;
const LOOK_MS_MAX = 500;

export class Operator {
  readonly #world: World;
  readonly #dice: Dice;
  /** By letter: how often it was brought back. */
  readonly #replays = new Map<string, number>();

  constructor(seed: number, world: World) {
    this.#world = world;
    this.#dice = new Dice(seed, 'operator');
  }

  start(): void {
    void this.#run();
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
    const replays = (this.#replays.get(envelope.id) ?? 0) + (result === 'replayed' ? 1 : 0);
    this.#replays.set(envelope.id, replays);
    judge.expect(replays <= REPLAYS_MAX, `${envelope.type} was brought back ${replays} times`);
    if (result === 'quarantined' && (await deadLetters.drop(actor, id))) {
      redis.noteLoss(actor);
      reached('dead letter dropped');
    }
    const isListed = (await deadLetters.list(actor)).some((listed) => listed.id === id);
    judge.expect(isListed === (result === 'full'), `a dead letter of ${actor} was ${result} and stays`);
  }
}
