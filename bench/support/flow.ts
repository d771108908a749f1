/** What the contestants of the mailbox bench share: the payload, the counter, the pace of the producer. */

/** About what a bet weighs. */
export const TEXT = 'x'.repeat(200);
export const BATCH = 250;
/** The producer waits when it is this far ahead: every queue stays within bounds. */
const AHEAD_MAX = 5_000;

export function countHandled(handled: SharedArrayBuffer, by: number): void {
  Atomics.add(new Int32Array(handled), 0, by);
}

const handledCount = (handled: SharedArrayBuffer): number => Atomics.load(new Int32Array(handled), 0);

export interface Contestant {
  readonly handled: SharedArrayBuffer;
  /** Makes `count` letters durable. */
  send(count: number): Promise<void>;
  /** True when every letter sent was acked. */
  isEmpty(): Promise<boolean>;
}

/** Letters a second, from the first send until the last ack. */
export async function lettersPerSecond(contestant: Contestant, letters: number): Promise<number> {
  const before = handledCount(contestant.handled);
  const done = (): number => handledCount(contestant.handled) - before;
  const startMs = performance.now();
  const underWay = new Set<Promise<void>>();
  for (let sent = 0; sent < letters; sent += BATCH) {
    while (sent - done() > AHEAD_MAX || underWay.size >= 4) await Promise.race([...underWay, breath()]);
    const batch = contestant.send(Math.min(BATCH, letters - sent));
    underWay.add(batch);
    void batch.finally(() => underWay.delete(batch));
  }
  await Promise.all(underWay);
  while (done() < letters || !(await contestant.isEmpty())) await breath();
  return letters / ((performance.now() - startMs) / 1_000);
}

const breath = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
