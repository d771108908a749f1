/** Work that waits until this turn of the event loop is over. A work that throws harms no other. */
export class TurnEnd {
  readonly #failed: (error: unknown) => void;
  #works: (() => void)[] = [];

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  add(work: () => void): void {
    this.#works.push(work);
    if (this.#works.length === 1) setImmediate(() => this.#run());
  }

  #run(): void {
    const works = this.#works;
    this.#works = [];
    for (const work of works) {
      try {
        work();
      } catch (error) {
        this.#failed(error);
      }
    }
  }
}
