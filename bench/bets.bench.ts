/**
 * Accepted bets a second, end to end: a client's frame or request, session and rate limit, mailbox, the
 * Resolver's tick, one durable commit (synchronous=FULL), receipt, answer. With a hold of 0; a bet still
 * waits for the next tick of the 100 ms raster, so latency has a floor there. Against a conventional service
 * (peers/bet-service.ts) on the same cells, by turns, each life on a fresh ledger; ratios are medians of
 * rounds. Each service gets as many bets under way as it needs to be busy, and no bet settles while it is
 * measured.
 *
 * `mixed`: 40 % price, 20 % grid, 20 % account, 15 % lists of bets over HTTP and 5 % bets; latency is of the
 * 95 % that do not wait for a tick.
 *
 * The load comes from one more process on the same machine. The ratios depend on the disk: the rival waits
 * for it once a bet, so what a commit costs there (`fsyncMs`) is told too, and what each bet costs in
 * processor time (`cpuMicrosWs`). Last line: {ratioWs, ratioHttp, betsPerSecondWs, betsPerSecondHttp,
 * cpuMicrosWs, cpuMicrosHttp, p50Ms, p99Ms, httpP50Ms, httpP99Ms, conventional, mixedPerSecond, mixedP99Ms,
 * mixedBetP99Ms, fsyncMs}. `--tiny` for the test run; `--rounds N`; `--only ws|http|mixed`; `--threads N`
 * Broadcasters; `--seconds N`; `--no-peer`.
 */
import { parseArgs } from 'node:util';
import { startConventional, startTouchline } from './support/bet-contestants.ts';
import { type Load, type Measured, measureLife, type Way } from './support/bet-load.ts';
import { median, round } from './support/figures.ts';
import { fsyncMs } from './support/fsync.ts';

const { values } = parseArgs({
  options: {
    tiny: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string' },
    threads: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '4' },
    'no-peer': { type: 'boolean', default: false },
  },
});
const isTiny = values.tiny;
const ROUNDS = Number(values.rounds ?? (isTiny ? 1 : 3));
const WALLETS = isTiny ? 32 : 1_024;
const TIMES = isTiny
  ? { warmMs: 300, measureMs: 700 }
  : { warmMs: 4_000, measureMs: Number(values.seconds) * 1_000 };

const load = (connections: number, underWay: number): Load => ({ connections, underWay, ...TIMES });
const OURS: Readonly<Record<Way, Load>> = {
  ws: isTiny ? load(32, 4) : load(256, 28),
  http: load(1.5 * WALLETS, 1),
  mixed: isTiny ? load(8, 1) : load(64, 1),
};
const THEIRS = { ws: isTiny ? load(32, 4) : load(256, 4), http: isTiny ? load(32, 1) : load(256, 1) };

const wanted = (loads: Partial<Record<Way, Load>>): [Way, Load][] =>
  (Object.entries(loads) as [Way, Load][]).filter(
    ([way]) => values.only === undefined || values.only === way,
  );

const ours: Measured[] = [];
const theirs: Measured[] = [];
for (let n = 0; n < ROUNDS; n += 1) {
  const { ws, http, mixed } = OURS;
  const loads = wanted(n === ROUNDS - 1 ? { ws, http, mixed } : { ws, http });
  ours.push(await measureLife('touchline', () => startTouchline(WALLETS, Number(values.threads)), loads));
  if (values['no-peer']) continue;
  theirs.push(await measureLife('conventional', () => startConventional(WALLETS), wanted(THEIRS)));
}

type Figure = 'perSecond' | 'p50Ms' | 'p99Ms' | 'cpuMicrosEach';
const of = (all: readonly Measured[], way: Way, field: Figure): number =>
  median(all.flatMap((measured) => measured[way]?.[field] ?? []));
const ratio = (way: Way): number =>
  round(
    median(
      theirs.map((measured, n) => (ours[n]?.[way]?.perSecond ?? 0) / (measured[way]?.perSecond ?? Infinity)),
    ),
  );
const mixed = ours.at(-1)?.mixed;
console.log(
  JSON.stringify({
    ratioWs: ratio('ws'),
    ratioHttp: ratio('http'),
    betsPerSecondWs: of(ours, 'ws', 'perSecond'),
    betsPerSecondHttp: of(ours, 'http', 'perSecond'),
    cpuMicrosWs: of(ours, 'ws', 'cpuMicrosEach'),
    cpuMicrosHttp: of(ours, 'http', 'cpuMicrosEach'),
    p50Ms: of(ours, 'ws', 'p50Ms'),
    p99Ms: of(ours, 'ws', 'p99Ms'),
    httpP50Ms: of(ours, 'http', 'p50Ms'),
    httpP99Ms: of(ours, 'http', 'p99Ms'),
    conventional: {
      betsPerSecondWs: of(theirs, 'ws', 'perSecond'),
      betsPerSecondHttp: of(theirs, 'http', 'perSecond'),
      cpuMicrosWs: of(theirs, 'ws', 'cpuMicrosEach'),
      cpuMicrosHttp: of(theirs, 'http', 'cpuMicrosEach'),
      p50Ms: of(theirs, 'ws', 'p50Ms'),
      p99Ms: of(theirs, 'ws', 'p99Ms'),
    },
    mixedPerSecond: mixed ? mixed.perSecond + (mixed.bets?.perSecond ?? 0) : 0,
    mixedP99Ms: mixed?.p99Ms ?? 0,
    mixedBetP99Ms: mixed?.bets?.p99Ms ?? 0,
    fsyncMs: fsyncMs(),
  }),
);
