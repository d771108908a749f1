/** Draws from one named stream of a seed, so that a new draw in one place moves no other. */
import { type Random, seededRandom } from '../../src/runtime/index.ts';

export class Dice {
  readonly #random: Random;

  constructor(seed: number, stream: string) {
    this.#random = seededRandom(streamSeed(seed, stream));
  }

  fraction(): number {
    return this.#random.fraction();
  }

  chance(probability: number): boolean {
    return this.#random.fraction() < probability;
  }

  /** An integer, both ends included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.#random.fraction() * (max - min + 1));
  }

  pick<T>(list: readonly T[]): T {
    const item = list[this.int(0, list.length - 1)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  /** Between `min` and `max`, every order of magnitude as likely as another. */
  magnitude(min: number, max: number): number {
    return min * (max / min) ** this.#random.fraction();
  }
}

/** FNV-1a of the seed and the stream's name. */
export function streamSeed(seed: number, stream: string): number {
  let hash = 0x811c9dc5;
  for (const char of `${seed}/${stream}`) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return hash | 0;
}
