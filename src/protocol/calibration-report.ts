/**
 * What `GET /v1/calibration` says. Fractions are numbers from 0 to 1, multipliers decimal strings, times ms
 * since the Unix epoch.
 */
import type { ReliabilityBucket } from '../domain/reliability.ts';

export interface TrackRecordReport {
  /** When the first one that counts was decided; 0: none yet. */
  readonly sinceMs: number;
  /** Cells or bets decided. A cell counts once for each moment it was followed up from. */
  readonly n: number;
  /** Left out because they were void: columns of offered cells, or bets. */
  readonly voids: number;
  /** What a stake of 1 on each was paid back on average. */
  readonly rtp: number;
  /** First over all horizons (`horizonSeconds: null`), then for each horizon. */
  readonly buckets: readonly ReliabilityBucket[];
}

export interface CalibrationReport {
  /** The tick it is as of. */
  readonly atMs: number;
  readonly rulesVersion: string;
  readonly columnMs: number;
  readonly correction: {
    /** Names the correction in force: equal versions price equally. */
    readonly version: string;
    /** Hits that were implied of the offered cells remembered now; old ones fade. */
    readonly evidence: number;
    /** ln of hits that came true over hits the fitted odds implied, of these; 0: as fitted. */
    readonly drift: number;
  };
  readonly volatility: { readonly sigmaPerSqrtSecond: number; readonly regime: number };
  readonly offeredCells: TrackRecordReport;
  readonly settledBets: TrackRecordReport;
}
