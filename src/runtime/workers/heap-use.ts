/**
 * Heap in use in this thread. V8 lets garbage pile up while it has room, so above a limit the garbage is
 * collected first: what is judged is what the actor holds on to.
 */
import { Session } from 'node:inspector';

/** Bytes; exact above `collectAboveBytes`, with garbage in it below. */
export async function heapBytesInUse(collectAboveBytes: number): Promise<number> {
  const { heapUsed } = process.memoryUsage();
  if (heapUsed <= collectAboveBytes) return heapUsed;
  const session = new Session();
  session.connect();
  await new Promise((resolve) => session.post('HeapProfiler.collectGarbage', resolve));
  session.disconnect();
  return process.memoryUsage().heapUsed;
}
