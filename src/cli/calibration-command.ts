/** `touchline calibration`: how the odds of a running system did so far, as a table. */
import { parseArgs } from 'node:util';
import { createTouchlineClient, type TrackRecordReport } from '../client/index.ts';
import { type Command, type CommandResult, progress } from './command.ts';
import { localUrl } from './demo/own-system.ts';

export const calibration: Command = {
  summary: 'implied against realised, live: of all offered cells and of settled bets',
  options: ['--url URL    default: the system on this machine'],
  async run(args): Promise<CommandResult> {
    const { values } = parseArgs({ args: [...args], options: { url: { type: 'string' } } });
    const report = await createTouchlineClient({ baseUrl: values.url ?? localUrl() }).calibration();
    progress(drawRecord('offered cells', report.offeredCells));
    progress(drawRecord('settled bets', report.settledBets));
    return { json: report, exitCode: 0 };
  },
};

/** One line for each bucket over all horizons. */
export function drawRecord(title: string, { n, voids, rtp, sinceMs, buckets }: TrackRecordReport): string {
  const since = sinceMs === 0 ? '' : ` since ${new Date(sinceMs).toISOString()}`;
  const lines = buckets
    .filter(({ horizonSeconds }) => horizonSeconds === null)
    .map((bucket) => {
      const { multiplier, multiplierTo, implied, realised, ciLow, ciHigh } = bucket;
      const range = `${multiplier}–${multiplierTo}`.padEnd(12);
      const interval = `(${(ciLow * 100).toFixed(1)}–${(ciHigh * 100).toFixed(1)} %)`.padEnd(15);
      const counts = `${String(bucket.n).padStart(9)}  returned ${bucket.rtp.toFixed(3)}`;
      return `  ${range} implied ${percent(implied)}  realised ${percent(realised)} ${interval}${counts}`;
    });
  return [`${title}: ${n}, ${voids} void, returned ${rtp.toFixed(3)} of stakes${since}`, ...lines].join('\n');
}

const percent = (fraction: number): string => `${(fraction * 100).toFixed(1)} %`.padStart(7);
