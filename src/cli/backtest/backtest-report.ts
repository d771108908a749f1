/**
 * Puts the parts of a backtest together: what was implied against what came, by multiplier, by horizon and by
 * regime, what players got back, and what the best adversary did.
 */
import { ADVERSARIES } from './adversaries.ts';
import type { BacktestPart } from './backtest-file.ts';
import { MULTIPLIER_BUCKETS, mergeTallies, type Tally, type TallyRow, tallyRow } from './tally.ts';

export interface BucketRow extends TallyRow {
  readonly columnSeconds: number;
  /** Lower edge of the bucket of quoted multipliers. */
  readonly multiplier: number;
}

export interface AdversaryRow {
  readonly adversary: string;
  readonly n: number;
  readonly rtp: number;
  readonly rtpMargin: number;
}

export interface BacktestFileReport {
  readonly file: string;
  readonly columnSeconds: number;
  readonly from: string;
  readonly to: string;
  readonly cells: number;
  readonly voids: number;
  readonly rtp: number;
  readonly rtpMargin: number;
  readonly adversarialRtp: number;
  readonly worstBucket: WorstBucket | null;
}

/** Of the buckets from 1.1 up with at least 2,000 cells, the one furthest from what was implied. */
export interface WorstBucket {
  readonly multiplier: number;
  readonly points: number;
  readonly relative: number;
  /** Within 1.5 percentage points or 10 %. */
  readonly isWithin: boolean;
}

export interface BacktestReport {
  readonly buckets: readonly (BucketRow & { readonly horizonSeconds: number })[];
  readonly byMultiplier: readonly BucketRow[];
  readonly byHorizon: readonly (TallyRow & {
    readonly columnSeconds: number;
    readonly horizonSeconds: number;
  })[];
  readonly byRegime: readonly (TallyRow & { readonly columnSeconds: number; readonly regime: string })[];
  /** The other kinds of bet, in one column of ten. */
  readonly byKind: readonly (BucketRow & { readonly kind: string })[];
  readonly adversaries: readonly AdversaryRow[];
  readonly files: readonly BacktestFileReport[];
  readonly cells: number;
  readonly rtp: number;
  readonly rtpMargin: number;
  readonly adversarialRtp: number;
  readonly voids: number;
  readonly worstBucket: WorstBucket | null;
  readonly fittedOn: readonly string[];
}

const POINTS_MAX = 0.015;
const RELATIVE_MAX = 0.1;
const COUNTED_FROM = 1.1;
const COUNTED_N_MIN = 2_000;

export function backtestReport(parts: readonly BacktestPart[], fittedOn: readonly string[]): BacktestReport {
  const lengths = [...new Set(parts.map(({ columnMs }) => columnMs))];
  const byLength = lengths.map((columnMs) => ({
    columnSeconds: columnMs / 1_000,
    tallies: mergeTallies(parts.filter((part) => part.columnMs === columnMs).map((part) => part.tallies)),
  }));
  const all = mergeTallies(parts.map(({ tallies }) => tallies));
  const adversaries = adversaryRows(mergeTallies(parts.map((part) => part.adversaries)));
  const byMultiplier = byLength.flatMap(({ columnSeconds, tallies }) =>
    multiplierRows(columnSeconds, tallies),
  );
  return {
    buckets: byLength.flatMap(({ columnSeconds, tallies }) =>
      keyed(tallies, 'cell').map(([[multiplier, horizon], row]) => ({
        columnSeconds,
        multiplier: Number(multiplier),
        horizonSeconds: Number(horizon),
        ...row,
      })),
    ),
    byMultiplier,
    byHorizon: byLength.flatMap(({ columnSeconds, tallies }) =>
      keyed(tallies, 'horizon').map(([[horizon], row]) => ({
        columnSeconds,
        horizonSeconds: Number(horizon),
        ...row,
      })),
    ),
    byRegime: byLength.flatMap(({ columnSeconds, tallies }) =>
      keyed(tallies, 'regime').map(([words, row]) => ({ columnSeconds, regime: words.join(' '), ...row })),
    ),
    byKind: byLength.flatMap(({ columnSeconds, tallies }) =>
      keyed(tallies, 'kind').map(([[kind = '', multiplier], row]) => ({
        columnSeconds,
        kind,
        multiplier: Number(multiplier),
        ...row,
      })),
    ),
    adversaries,
    files: parts.map(fileReport),
    ...overall(all),
    adversarialRtp: highest(adversaries),
    voids: parts.reduce((sum, { voids }) => sum + voids, 0),
    worstBucket: worstOf(byMultiplier),
    fittedOn,
  };
}

function fileReport(part: BacktestPart): BacktestFileReport {
  const columnSeconds = part.columnMs / 1_000;
  return {
    file: part.file,
    columnSeconds,
    from: new Date(part.fromMs).toISOString(),
    to: new Date(part.toMs).toISOString(),
    ...overall(part.tallies),
    voids: part.voids,
    adversarialRtp: highest(adversaryRows(part.adversaries)),
    worstBucket: worstOf(multiplierRows(columnSeconds, part.tallies)),
  };
}

function overall(tallies: Readonly<Record<string, Tally>>) {
  const tally = tallies['all'];
  if (!tally) return { cells: 0, rtp: 0, rtpMargin: 0 };
  const { n, rtp, rtpMargin } = tallyRow(tally);
  return { cells: n, rtp, rtpMargin };
}

const highest = (rows: readonly AdversaryRow[]): number => Math.max(0, ...rows.map(({ rtp }) => rtp));

function adversaryRows(tallies: Readonly<Record<string, Tally>>): AdversaryRow[] {
  return ADVERSARIES.flatMap((adversary) => {
    const tally = tallies[adversary];
    if (!tally) return [];
    const { n, rtp, rtpMargin } = tallyRow(tally);
    return [{ adversary, n, rtp, rtpMargin }];
  });
}

function multiplierRows(columnSeconds: number, tallies: Readonly<Record<string, Tally>>): BucketRow[] {
  return MULTIPLIER_BUCKETS.flatMap((multiplier) => {
    const tally = tallies[`bucket ${multiplier}`];
    return tally ? [{ columnSeconds, multiplier, ...tallyRow(tally) }] : [];
  });
}

/** The rows whose key begins with a word, with the rest of the key, in the order of its numbers. */
function keyed(tallies: Readonly<Record<string, Tally>>, word: string): (readonly [string[], TallyRow])[] {
  return Object.entries(tallies)
    .map(([key, tally]) => ({ words: key.split(' '), tally }))
    .filter(({ words }) => words[0] === word)
    .sort((a, b) => byNumberOrName(a.words[1], b.words[1]) || byNumberOrName(a.words[2], b.words[2]))
    .map(({ words, tally }) => [words.slice(1), tallyRow(tally)] as const);
}

const byNumberOrName = (a = '', b = ''): number => Number(a) - Number(b) || a.localeCompare(b);

function worstOf(rows: readonly BucketRow[]): WorstBucket | null {
  const excess = ({ points, relative }: Pick<WorstBucket, 'points' | 'relative'>): number =>
    Math.min(Math.abs(points) / POINTS_MAX, Math.abs(relative) / RELATIVE_MAX);
  return rows
    .filter(({ multiplier, n }) => multiplier >= COUNTED_FROM && n >= COUNTED_N_MIN)
    .map(({ multiplier, implied, realised }) => {
      const miss = { points: round(realised - implied), relative: round(realised / implied - 1) };
      return { multiplier, ...miss, isWithin: excess(miss) <= 1 };
    })
    .reduce<WorstBucket | null>((worst, row) => (worst && excess(worst) >= excess(row) ? worst : row), null);
}

const round = (value: number): number => Math.round(value * 1e5) / 1e5;
