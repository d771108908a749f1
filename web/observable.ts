/** A value with listeners. Setting the same value again tells nobody. */
export interface Observable<T> {
  readonly value: T;
  set(value: T): void;
  /** Calls at once with the present value, then on each change. */
  watch(listener: (value: T) => void): void;
}

export function observable<T>(initial: T): Observable<T> {
  let value = initial;
  const listeners: ((value: T) => void)[] = [];
  return {
    get value() {
      return value;
    },
    set: (next) => {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of listeners) listener(next);
    },
    watch: (listener) => {
      listeners.push(listener);
      listener(value);
    },
  };
}
