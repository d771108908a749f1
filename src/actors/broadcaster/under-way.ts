/** What one connection waits for: bounded, and known to who wants to see its end. */
const UNDER_WAY_MAX = 32;

export class UnderWay {
  readonly #works = new Set<Promise<void>>();

  get isFull(): boolean {
    return this.#works.size >= UNDER_WAY_MAX;
  }

  /** Settles with the work and never rejects: a failure is told. */
  run(work: () => Promise<void>, failed: (error: unknown) => void): Promise<void> {
    const running = work().then(
      () => void this.#works.delete(running),
      (error: unknown) => {
        this.#works.delete(running);
        failed(error);
      },
    );
    this.#works.add(running);
    return running;
  }

  /** Resolves when all that is under way now has ended. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#works]);
  }
}
