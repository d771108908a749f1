/**
 * Which ticks of a letter may enter the log: pure, and the whole of the log's fencing and ordering.
 *
 * A refusal stops at the refused tick: what came before it in the letter stands, what comes after waits for
 * the feed to send again. Nothing is ever recorded across a hole.
 */
import { type IndexTick, SYMBOL, VENUE_MASK_MAX, VENUES_MAX } from '../../domain/tick.ts';
import type { LogEntry, LogHead } from './tick-log.ts';

/**
 * `older_epoch`: the feed was superseded. `unknown_epoch`: the feed was opened on another log than this one.
 * `hole`: a tick before this one is missing. `out_of_order`: the next seq, but its time does not go forward.
 */
export type TickRefusal = 'malformed' | 'older_epoch' | 'unknown_epoch' | 'hole' | 'out_of_order';

export interface Admission {
  readonly head: LogHead;
  readonly entries: readonly LogEntry[];
  /** Ticks that are in the log already. */
  readonly skipped: number;
  readonly refusal?: TickRefusal;
}

/** `body` is that of a TicksPublished; it is not trusted. */
export function admitTicks(head: LogHead, body: unknown): Admission {
  const refuse = (refusal: TickRefusal): Admission => ({ head, entries: [], skipped: 0, refusal });
  if (!isRecord(body) || !Number.isSafeInteger(body['epoch']) || !Array.isArray(body['ticks'])) {
    return refuse('malformed');
  }
  const epoch = body['epoch'] as number;
  if (epoch < head.epoch) return refuse('older_epoch');
  if (epoch > head.epoch) return refuse('unknown_epoch');
  return admitInOrder(head, body['ticks']);
}

export const isIndexTick = (value: unknown): value is IndexTick =>
  isRecord(value) &&
  value['symbol'] === SYMBOL &&
  isPositive(value['seq']) &&
  isPositive(value['atMs']) &&
  isPositive(value['priceCents']) &&
  (value['quality'] === 'ok' || value['quality'] === 'degraded') &&
  isPositive(value['venues']) &&
  value['venues'] <= VENUES_MAX &&
  isPositive(value['venueMask']) &&
  value['venueMask'] <= VENUE_MASK_MAX &&
  typeof value['compositionJump'] === 'boolean';

function admitInOrder(head: LogHead, ticks: readonly unknown[]): Admission {
  const { epoch } = head;
  const entries: LogEntry[] = [];
  let last = head.last;
  let skipped = 0;
  let refusal: TickRefusal | undefined;
  for (const tick of ticks) {
    refusal = refusalOf(tick, last);
    if (refusal) break;
    if (!isIndexTick(tick)) break;
    if (last && tick.seq <= last.seq) {
      skipped += 1;
      continue;
    }
    entries.push({ epoch, tick });
    last = tick;
  }
  return { head: { epoch, last }, entries, skipped, ...(refusal ? { refusal } : {}) };
}

function refusalOf(tick: unknown, last: IndexTick | null): TickRefusal | undefined {
  if (!isIndexTick(tick)) return 'malformed';
  const lastSeq = last?.seq ?? 0;
  if (tick.seq > lastSeq + 1) return 'hole';
  if (last && tick.seq === lastSeq + 1 && tick.atMs <= last.atMs) return 'out_of_order';
  return undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const isPositive = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
