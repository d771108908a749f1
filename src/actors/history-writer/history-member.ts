/**
 * What a member of the sorted set is: a sealed frame, in bytes (packing/tick-frame.ts), or one tick of the
 * live tail as `seq:atMs:priceCents:quality:venues:venueMask:jump`, plain text, so that two ticks with the
 * same price stay two members and an operator can read them. `jump` is 1 for a composition jump, else 0.
 * The score of either is the time of its first tick.
 */
import { type IndexTick, SYMBOL } from '../../domain/tick.ts';
import { DamagedFrame } from './packing/bits.ts';
import { decodeFrame, endsOfFrame, FRAME_VERSION, isOneRun } from './packing/tick-frame.ts';
import { HistoryDamaged, type HistoryExtent } from './price-history.ts';
import { isIndexTick } from './tick-intake.ts';
import type { TickRange } from './tick-log.ts';

export const encodeMember = (tick: IndexTick): string =>
  [
    tick.seq,
    tick.atMs,
    tick.priceCents,
    tick.quality,
    tick.venues,
    tick.venueMask,
    tick.compositionJump ? 1 : 0,
  ].join(':');

/** Undefined for anything `encodeMember` does not write. */
export function decodeMember(member: string): IndexTick | undefined {
  const [seq, atMs, priceCents, quality, venues, venueMask, jump, ...rest] = member.split(':');
  if (rest.length > 0) return undefined;
  const tick: unknown = {
    symbol: SYMBOL,
    seq: Number(seq),
    atMs: Number(atMs),
    priceCents: Number(priceCents),
    quality,
    venues: Number(venues),
    venueMask: Number(venueMask),
    compositionJump: jump === '1',
  };
  return isIndexTick(tick) && encodeMember(tick) === member ? tick : undefined;
}

/** The ticks of either kind of member, oldest first; none for what is neither. */
export function ticksOfMember(member: Buffer): readonly IndexTick[] {
  if (member[0] === FRAME_VERSION) return unlessDamaged(() => decodeFrame(member)) ?? [];
  const tick = decodeMember(member.toString('latin1'));
  return tick ? [tick] : [];
}

type Ends = Pick<HistoryExtent, 'fromSeq' | 'fromMs' | 'toSeq' | 'toMs'>;

function endsOfMember(member: Buffer): Ends | undefined {
  if (member[0] === FRAME_VERSION) return unlessDamaged(() => endsOfFrame(member));
  const tick = decodeMember(member.toString('latin1'));
  return tick && { fromSeq: tick.seq, fromMs: tick.atMs, toSeq: tick.seq, toMs: tick.atMs };
}

function unlessDamaged<R>(decode: () => R): R | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DamagedFrame) return undefined;
    throw error;
  }
}

/** The ticks of `range` in members that follow each other. Throws HistoryDamaged if they do not. */
export function ticksInRange(members: readonly Buffer[], { fromMs, toMs, limit }: TickRange): IndexTick[] {
  const byMember = members.map(ticksOfMember);
  const ticks = byMember.flat();
  if (byMember.some((held) => held.length === 0)) throw new HistoryDamaged('a member is not ours');
  if (!isOneRun(ticks)) throw new HistoryDamaged('ticks do not follow each other');
  return ticks.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs).slice(0, limit);
}

/**
 * From the number of members, the first and the last. As frames hold `frameTicks` each and come first, those
 * three tell whether anything between is missing or too much.
 */
export function extentOf(count: number, first: Buffer, last: Buffer, frameTicks: number): HistoryExtent {
  const from = endsOfMember(first);
  const to = endsOfMember(last);
  if (!from || !to) return { fromSeq: 0, fromMs: 0, toSeq: 0, toMs: 0, sealedToSeq: 0, isComplete: false };
  const ends = { fromSeq: from.fromSeq, fromMs: from.fromMs, toSeq: to.toSeq, toMs: to.toMs };
  // frames × frameTicks + singles = ticks, and frames + singles = count.
  const ticks = ends.toSeq - ends.fromSeq + 1;
  const frames = (ticks - count) / (frameTicks - 1);
  const singles = count - frames;
  const isComplete =
    Number.isSafeInteger(frames) &&
    frames >= 0 &&
    singles >= 0 &&
    frames > 0 === (first[0] === FRAME_VERSION) &&
    (singles === 0) === (last[0] === FRAME_VERSION);
  const sealedToSeq = ends.fromSeq - 1 + (isComplete ? frames * frameTicks : 0);
  return { ...ends, sealedToSeq, isComplete };
}
