/**
 * The reliability diagram of a backtest as one HTML page that needs nothing else: implied against realised,
 * both on log scales, one dot for each bucket of multiplier and horizon, with its confidence interval.
 */
import type { AdversaryRow, BacktestFileReport, BacktestReport } from './backtest-report.ts';
import type { TallyRow } from './tally.ts';

const SIZE = 560;
const MARGIN = 56;
const CHANCE_MIN = 0.02;
const TICKS = [0.02, 0.05, 0.1, 0.2, 0.5, 1];
const CELLS_MIN = 100;
const COLOURS = ['#0b6e4f', '#b5179e', '#3a86ff', '#fb8500'];

const STYLE = `
body{font:15px/1.5 system-ui,sans-serif;max-width:960px;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;margin:1rem 0;font-variant-numeric:tabular-nums}
td,th{padding:.2rem .7rem;text-align:right;border-bottom:1px solid #ddd}
.grid{stroke:#e4e4e4}.ideal{stroke:#888;stroke-dasharray:4 4}text{font-size:12px;fill:#555}`;

export function reliabilityHtml(report: BacktestReport): string {
  const facts: Line[] = [
    ['offered cells', report.cells.toLocaleString('en')],
    ['of void columns', report.voids.toLocaleString('en')],
    ['return to a player who takes them all', percent(report.rtp)],
    ['return to the best adversary', percent(report.adversarialRtp)],
    ['fitted on', escapeHtml(report.fittedOn.join(', '))],
  ];
  const columns = ({ columnSeconds }: { columnSeconds: number }): string => `${columnSeconds} s columns`;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Touchline: odds backtest</title>
<style>${STYLE}</style><h1>Implied against realised</h1>
<p>Each dot is a bucket of quoted multiplier at one horizon (${CELLS_MIN} cells or more). On the dashed line,
cells are hit exactly as often as the odds imply; above it, more often. Bars are 95 % intervals by blocks of
time.</p>
${diagram(report)}
${table([], facts)}
<h2>By multiplier</h2>
${tallyTable(report.byMultiplier, (row) => `${columns(row)}, from ${row.multiplier}×`)}
<h2>By horizon</h2>
${tallyTable(report.byHorizon, (row) => `${columns(row)}, opens in ${row.horizonSeconds} s`)}
<h2>By regime</h2>
${tallyTable(report.byRegime, (row) => `${columns(row)}, ${escapeHtml(row.regime)}`)}
<h2>Other kinds of bet, in one column of ten</h2>
${tallyTable(report.byKind, (row) => `${columns(row)}, ${row.kind} from ${row.multiplier}×`)}
<h2>Adversaries</h2>
${table(['by', 'bets', 'return'], report.adversaries.map(adversaryLine))}
<h2>Files</h2>
${table(['file', 'columns', 'cells', 'voids', 'return', 'best adversary'], report.files.map(fileLine))}
</html>\n`;
}

/** The cells of a row of a table, its name first. */
type Line = readonly (string | number)[];

const adversaryLine = ({ adversary, n, rtp, rtpMargin }: AdversaryRow): Line => [
  adversary,
  n,
  `${percent(rtp)} ± ${percent(rtpMargin)}`,
];

const fileLine = (row: BacktestFileReport): Line => [
  escapeHtml(row.file),
  `${row.columnSeconds} s`,
  row.cells,
  row.voids,
  percent(row.rtp),
  percent(row.adversarialRtp),
];

function diagram(report: BacktestReport): string {
  const lengths = [...new Set(report.buckets.map(({ columnSeconds }) => columnSeconds))];
  const lines = TICKS.map((chance) => {
    const at = place(chance);
    const label = `${100 * chance} %`;
    return (
      `<line class="grid" x1="${at}" y1="${MARGIN}" x2="${at}" y2="${SIZE - MARGIN}"/>` +
      `<line class="grid" x1="${MARGIN}" y1="${SIZE - at}" x2="${SIZE - MARGIN}" y2="${SIZE - at}"/>` +
      `<text x="${at}" y="${SIZE - MARGIN + 18}" text-anchor="middle">${label}</text>` +
      `<text x="${MARGIN - 6}" y="${SIZE - at + 4}" text-anchor="end">${label}</text>`
    );
  });
  const dots = report.buckets
    .filter(({ n, realised }) => n >= CELLS_MIN && realised > 0)
    .map((row) => {
      const colour = COLOURS[lengths.indexOf(row.columnSeconds) % COLOURS.length];
      const x = place(row.implied);
      const [y, low, high] = [row.realised, row.ciLow, row.ciHigh].map((chance) => SIZE - place(chance));
      const where = `${row.columnSeconds} s columns, opens in ${row.horizonSeconds} s`;
      return (
        `<g stroke="${colour}" fill="${colour}" opacity="0.7">` +
        `<title>${where}, from ${row.multiplier}×, n ${row.n}: ` +
        `implied ${percent(row.implied)}, realised ${percent(row.realised)}</title>` +
        `<line x1="${x}" y1="${low}" x2="${x}" y2="${high}"/><circle cx="${x}" cy="${y}" r="3"/></g>`
      );
    });
  const [from, to] = [place(CHANCE_MIN), place(1)];
  return (
    `<svg viewBox="0 0 ${SIZE} ${SIZE}" width="${SIZE}" role="img" ` +
    `aria-label="reliability diagram">` +
    `${lines.join('')}<line class="ideal" x1="${from}" y1="${SIZE - from}" x2="${to}" y2="${SIZE - to}"/>` +
    `${dots.join('')}<text x="${SIZE / 2}" y="${SIZE - 12}" text-anchor="middle">implied</text>` +
    `<text x="14" y="${SIZE / 2}" text-anchor="middle" ` +
    `transform="rotate(-90 14 ${SIZE / 2})">realised</text></svg>`
  );
}

/** On the log axis, from the left or from the bottom. */
function place(chance: number): number {
  const share = Math.log(Math.max(chance, CHANCE_MIN) / CHANCE_MIN) / Math.log(1 / CHANCE_MIN);
  return Math.round(10 * (MARGIN + share * (SIZE - 2 * MARGIN))) / 10;
}

function tallyTable<Row extends TallyRow>(rows: readonly Row[], name: (row: Row) => string): string {
  return table(
    ['', 'cells', 'implied', 'realised', '95 %', 'return'],
    rows.map((row) => [
      name(row),
      row.n,
      percent(row.implied),
      percent(row.realised),
      `${percent(row.ciLow)} – ${percent(row.ciHigh)}`,
      percent(row.rtp),
    ]),
  );
}

function table(head: readonly string[], lines: readonly Line[]): string {
  const headRow = head.length > 0 ? `<tr>${head.map((name) => `<th>${name}</th>`).join('')}</tr>` : '';
  const rows = lines.map(
    ([name, ...values]) => `<tr><th>${name}</th>${values.map((value) => `<td>${value}</td>`).join('')}</tr>`,
  );
  return `<table>${headRow}${rows.join('\n')}</table>`;
}

const percent = (value: number): string => `${(100 * value).toFixed(2)} %`;

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
