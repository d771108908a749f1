/** A request over the socket, if it is ready for it, that HTTP can be asked to answer instead. */
import type { AnswerFrame, ClientFrame } from '../protocol/api/frames.ts';
import { TouchlineError } from './touchline-error.ts';
import type { TouchlineSocket } from './touchline-socket.ts';

/** Undefined if it was not, or not finally, answered: under the same key, another way may tell. */
export async function bySocket<A extends AnswerFrame['ack']>(
  socket: TouchlineSocket | undefined,
  frame: ClientFrame,
  ack: A,
  signal?: AbortSignal,
): Promise<Extract<AnswerFrame, { readonly ack: A }> | undefined> {
  signal?.throwIfAborted();
  if (socket?.state !== 'open') return undefined;
  try {
    return await untilAborted(socket.request(frame, ack), signal);
  } catch (error) {
    if (isRepeatable(error)) return undefined;
    throw error;
  }
}

const isRepeatable = (error: unknown): boolean =>
  error instanceof TouchlineError && (error.retryable || error.code === 'UNAUTHENTICATED');

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
