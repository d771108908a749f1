/** How the odds did so far, for anyone who asks: implied against realised. */
import type { MarketBook } from '../../domain/market-book.ts';
import type { TrackRecord } from '../../domain/market-odds.ts';
import type { CalibrationReport, TrackRecordReport } from '../../protocol/calibration-report.ts';

export function calibrationReport({ odds, rules, lastTick }: MarketBook): CalibrationReport {
  const { forecast, calibration } = odds;
  return {
    atMs: lastTick?.atMs ?? 0,
    rulesVersion: rules.rulesVersion,
    columnMs: rules.columnMs,
    correction: { version: calibration.version, ...odds.evidence() },
    volatility: { ...forecast },
    offeredCells: trackRecordReport(odds.offered),
    settledBets: trackRecordReport(odds.settled),
  };
}

function trackRecordReport({ tally, voids, sinceMs }: TrackRecord): TrackRecordReport {
  return {
    sinceMs,
    n: tally.n,
    voids,
    rtp: tally.rtp,
    buckets: tally.buckets(),
  };
}
