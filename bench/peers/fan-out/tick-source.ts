/** What all contenders of the fan-out bench have in common: the ticks, and how their parent drives them. */

import type { IndexTick } from '../../../src/domain/tick.ts';
import { SYMBOL } from '../../../src/domain/tick.ts';
import { cents } from '../../../src/domain/units.ts';
import type { Usage } from '../../support/process-usage.ts';

const START_MS = 1_700_000_000_000;

export const tickNo = (seq: number): IndexTick => ({
  ...{ symbol: SYMBOL, seq, atMs: START_MS + seq * 100, priceCents: cents(6_000_000 + (seq % 1_000)) },
  ...{ quality: 'ok', venues: 3, venueMask: 0b111, compositionJump: false },
});

/** As the product's JSON push is, byte for byte in length, for peers that send a ready text. */
export const frameNo = (seq: number): string =>
  `{"n":${String(seq).padStart(10)},"push":"price","seq":${seq},"tick":${JSON.stringify(tickNo(seq))}}`;

interface Command {
  /** Publish so many ticks now. */
  readonly publish?: number;
  /** Say how much memory is in use, after a collection. */
  readonly memory?: boolean;
}

const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** A parent that is gone needs no word. */
const tell = (message: object): boolean | undefined => process.send?.(message, () => {});

/** Does what the parent says; `publish` sends the tick to all connections. */
export function serveParent(
  port: number,
  publish: (seq: number) => void,
  usage: () => Usage = ownUsage,
): void {
  // No two processes of a bench give a tick the same number, or an earlier time.
  let seq = Math.floor(nowMs());
  process.on('message', (command: Command) => {
    if (command.memory) tell(usage());
    if (command.publish === undefined) return;
    const atMs: number[] = [];
    for (let n = 0; n < command.publish; n += 1) {
      seq += 1;
      atMs.push(nowMs());
      publish(seq);
    }
    tell({ publishedAtMs: atMs });
  });
  process.once('disconnect', () => process.exit(0));
  tell({ port });
}

function ownUsage(): Usage {
  globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  return { rssBytes: process.memoryUsage.rss(), cpuMicros: user + system };
}
