/**
 * Which trace the running turn belongs to, so that what is sent while handling a letter carries the letter's
 * trace on, through awaits and timers. A turn of several letters has a trace only if all share it; otherwise
 * the sender names the `cause`.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

export class TraceScope {
  readonly #storage = new AsyncLocalStorage<string | undefined>();

  run<T>(letters: readonly { readonly trace?: string }[], work: () => T): T {
    const trace = letters[0]?.trace;
    const isShared = letters.every((letter) => letter.trace === trace);
    return this.#storage.run(isShared ? trace : undefined, work);
  }

  get current(): string | undefined {
    return this.#storage.getStore();
  }
}
