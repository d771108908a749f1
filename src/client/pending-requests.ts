/** Requests that wait for an answer, each with a deadline. Settled exactly once, whoever comes first. */
import type { ClientFrame } from '../protocol/api/frames.ts';
import { clientError, type TouchlineError } from './touchline-error.ts';

export interface PendingRequest<T> {
  readonly frame: ClientFrame;
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: TouchlineError): void;
}

/** `onSettled` is called once, before the promise is. */
export function pendingRequest<T>(
  frame: ClientFrame,
  timeoutMs: number,
  onSettled: (request: PendingRequest<T>) => void,
): PendingRequest<T> {
  const { promise, resolve, reject } = withResolvers<T>();
  // The caller may come back for the promise later; an early failure is not an unhandled one.
  promise.catch(() => {});
  const details = frame.op === 'place' ? { idempotencyKey: frame.idempotencyKey } : undefined;
  const timer = setTimeout(() => request.reject(clientError('TIMED_OUT', details)), timeoutMs);
  const settle = (how: () => void): void => {
    clearTimeout(timer);
    onSettled(request);
    how();
  };
  const request: PendingRequest<T> = {
    frame,
    promise,
    resolve: (value) => settle(() => resolve(value)),
    reject: (error) => settle(() => reject(error)),
  };
  return request;
}

/** `Promise.withResolvers`, which phones a few years old lack. */
function withResolvers<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: Error) => void;
} {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((onDone, onFailed) => {
    resolve = onDone;
    reject = onFailed;
  });
  return { promise, resolve, reject };
}
