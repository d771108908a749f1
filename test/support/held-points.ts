/**
 * The points at which a request waits for somebody else, numbered as they are reached, and one of them held
 * until it is released: calls of ports that answer later (put `around` them), and asks to other actors, which
 * `point` is called for before they are answered.
 */
export class HeldPoints {
  /** Names, in the order in which they were reached. */
  reached: string[] = [];
  #holdAt = Number.POSITIVE_INFINITY;
  #release: () => void = () => {};
  #arrive: () => void = () => {};

  readonly around = <T extends object>(port: T): T =>
    new Proxy(port, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          const result: unknown = value.apply(target, args);
          if (!(result instanceof Promise)) return result;
          return this.point(String(key)).then(() => result);
        };
      },
    });

  /** Resolves at once, unless this is the point to hold. */
  async point(name: string): Promise<void> {
    this.reached.push(name);
    if (this.reached.length - 1 !== this.#holdAt) return;
    const released = Promise.withResolvers<void>();
    this.#release = released.resolve;
    this.#arrive();
    await released.promise;
  }

  /** Of the next request, its point number `at`; nothing if undefined. Resolves when that one is reached. */
  hold(at?: number): Promise<void> {
    this.reached = [];
    this.#holdAt = at ?? Number.POSITIVE_INFINITY;
    return new Promise((resolve) => {
      this.#arrive = resolve;
    });
  }

  release(): void {
    this.#release();
  }
}
