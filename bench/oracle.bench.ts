/**
 * Settlement against a naive oracle of rational arithmetic, on random lines and cells of every kind, with
 * gaps, degraded stretches and composition jumps. Both must give the same outcome, deciding tick, reason and
 * near miss, every time. Not about speed, but too long for the test run, which does a little of it.
 *
 * `--cases N` (1,000,000), `--seed S` (1): the same seed draws the same cases. Last line: {cases, seed,
 * mismatches, seconds, verdicts}. Exits 1 on a mismatch, which fast-check has shrunk.
 */
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { bothVerdicts, smallBand, smallCell, smallLine } from '../test/support/random-lines.ts';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    tiny: { type: 'boolean', default: false },
  },
});
const cases = values.tiny ? 2_000 : Number(values.cases);
const seed = Number(values.seed);
const PART = 100_000;

const verdicts: Record<string, number> = {};
const startedMs = performance.now();
let mismatches = 0;
for (let done = 0; done < cases && mismatches === 0; done += PART) {
  const result = fc.check(
    fc.property(smallLine, smallBand, ({ ticks, scale }, band) => {
      const cell = smallCell(band, scale);
      const { told, due } = bothVerdicts(cell, ticks);
      const [outcome, , reason] = JSON.parse(due) as (string | null)[];
      const name = `${cell.kind} ${reason ?? outcome}`;
      verdicts[name] = (verdicts[name] ?? 0) + 1;
      return told === due;
    }),
    { numRuns: Math.min(PART, cases - done), seed: seed + done },
  );
  if (result.failed) {
    mismatches += 1;
    console.error(fc.defaultReportMessage(result));
  }
  console.error(`${Math.min(cases, done + PART)} of ${cases} cases`);
}
const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
console.log(JSON.stringify({ cases, seed, mismatches, seconds, verdicts }));
process.exit(mismatches === 0 ? 0 : 1);
