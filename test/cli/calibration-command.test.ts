import { expect, it } from 'vitest';
import { drawRecord } from '../../src/cli/calibration-command.ts';
import { ReliabilityTally } from '../../src/domain/reliability.ts';
import { hundredths } from '../../src/domain/units.ts';

it('a track record is drawn with a line for each bucket over all horizons', () => {
  const tally = new ReliabilityTally();
  for (let i = 0; i < 10; i += 1) tally.add(hundredths(200), 5 + i * 5, 0.45, i < 4);
  const drawn = drawRecord('settled bets', {
    sinceMs: Date.UTC(2026, 0, 1),
    n: tally.n,
    voids: 2,
    rtp: tally.rtp,
    buckets: tally.buckets(),
  });
  expect(drawn.split('\n')).toEqual([
    'settled bets: 10, 2 void, returned 0.800 of stakes since 2026-01-01T00:00:00.000Z',
    '  2.00–2.50    implied  45.0 %  realised  40.0 % (16.8–68.7 %)         10  returned 0.800',
  ]);
});
