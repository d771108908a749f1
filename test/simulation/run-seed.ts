/**
 * One seed: a quiet start, a phase with faults in which nothing wrong may happen, then a phase without, in
 * which everything that should happen must.
 */
import { Mischief } from './mischief.ts';
import { Network } from './network.ts';
import { Operator } from './operator.ts';
import { Player } from './player.ts';
import { Visitor } from './visitor.ts';
import { World } from './world.ts';

export interface SeedResult {
  readonly seed: number;
  readonly hash: string;
  readonly violations: readonly string[];
  readonly faults: Readonly<Record<string, number>>;
  readonly reached: readonly string[];
  readonly simulatedMs: number;
  readonly bets: number;
  /** The last lines of the trace, if there are violations. */
  readonly tail: readonly string[];
}

const QUIET_MS = 1_500;
/** Everybody is up again and every waiting request is decided this long after the last fault. */
const RECOVERY_MS_MAX = 30_000;
/** From the end of the last column to its bets settled. */
const SETTLING_MS_MAX = 5_000;
/** Until everybody who listens knows of it. */
const TELLING_MS_MAX = 10_000;
/** From the commit of an outcome to its client. */
const HEARING_MS_MAX = 5_000;
const TAIL_LINES = 80;

export async function runSeed(
  seed: number,
  faultsMs: number,
  onTraceLine?: (line: string) => void,
): Promise<SeedResult> {
  const world = new World(seed, onTraceLine);
  const network = new Network(world);
  const players = Array.from({ length: world.plan.players }, (_, i) => new Player(i, seed, world, network));
  const mischief = new Mischief(world);
  world.core.boot();
  world.edge.boot();
  for (const player of players) player.start();
  new Visitor(seed, world, network).start();
  new Operator(seed, world).start();

  await world.runUntil(QUIET_MS);
  mischief.start();
  await world.runUntil(QUIET_MS + faultsMs);
  mischief.stop();
  world.trace.line('all is well');
  await recover(world, players);

  const { judge, faults, goals, trace, clock } = world;
  judge.audit();
  checkAcknowledged(world, players);
  for (const [fault, count] of Object.entries(faults.counts)) if (count > 0) goals.reach(`fault ${fault}`);
  const result = {
    seed,
    hash: trace.digest(),
    violations: judge.violations,
    faults: faults.counts,
    reached: goals.list(),
    simulatedMs: clock.monotonicMs(),
    bets: players.reduce((sum, { account }) => sum + judge.betsOf(account.wallet.address).length, 0),
    tail: judge.violations.length > 0 ? trace.tail(TAIL_LINES) : [],
  };
  world.close();
  return result;
}

async function recover(world: World, players: readonly Player[]): Promise<void> {
  const { clock, judge, plan } = world;
  for (const player of players) player.isResting = true;
  const undecided = (): number => players.reduce((sum, player) => sum + player.undecided, 0);
  // Commands that were under way time out.
  await world.runUntil(clock.monotonicMs() + 2_000);
  const isTicking = watchTicks(world);
  const isWell = async (): Promise<boolean> =>
    world.isReady && isTicking() && undecided() === 0 && (await world.historyIsWhole());
  const isBack = await runUntilTrue(world, RECOVERY_MS_MAX, isWell);
  judge.expect(
    isBack,
    `not well ${RECOVERY_MS_MAX} ms after the last fault: ${undecided()} bets undecided, ` +
      `ready ${world.isReady}, ticking ${isTicking()}, history whole ${await world.historyIsWhole()}`,
  );

  const seqBefore = judge.head?.seq ?? 0;
  for (const player of players) player.betOnce();
  await world.runUntil(clock.monotonicMs() + 5_000);
  const ticks = (judge.head?.seq ?? 0) - seqBefore;
  judge.expect(
    ticks >= 5_000 / plan.rules.tickMs - 5,
    `only ${ticks} ticks in five seconds when all is well`,
  );
  const isDecided = await runUntilTrue(world, 5_000, async () => undecided() === 0);
  judge.expect(isDecided, `${undecided()} bets undecided when all is well`);
  checkListeners(world, players);

  const lastCloseMs = Math.max(0, ...judge.openBets().map(({ closesAtMs }) => closesAtMs)) - clock.nowMs();
  const areSettled = async (): Promise<boolean> => judge.openBets().length === 0;
  const isDone = await runUntilTrue(world, Math.max(0, lastCloseMs) + SETTLING_MS_MAX, areSettled);
  judge.expect(isDone, `${judge.openBets().length} bets are open after their columns`);
  const areHeard = async (): Promise<boolean> =>
    players.every(({ listener }) => listener.unheardOutcomes().length === 0);
  const isHeard = await runUntilTrue(world, HEARING_MS_MAX, areHeard);
  const unheard = players.flatMap(({ listener }) => listener.unheardOutcomes());
  judge.expect(isHeard, `connected clients have not heard of the outcomes of ${unheard}`);
  const ignorance = (): string | undefined =>
    players.map(({ listener }) => listener.ignorance).find((what) => what !== undefined);
  await runUntilTrue(world, TELLING_MS_MAX, async () => ignorance() === undefined);
  judge.expect(ignorance() === undefined, ignorance() ?? '');
  const overdue = world.alarms.overdue(clock.monotonicMs() - TELLING_MS_MAX);
  judge.expect(overdue === undefined, overdue ?? '');
}

/** Every acknowledged bet is there, once, and settled; no bet is there that nobody was told of. */
function checkAcknowledged({ judge }: World, players: readonly Player[]): void {
  for (const { account, wagers } of players) {
    const booked = new Map(judge.betsOf(account.wallet.address).map((bet) => [bet.id, bet]));
    for (const { key, betId, wasGivenUp } of wagers) {
      if (betId === undefined) continue;
      judge.expect(booked.delete(betId), `${betId}, acknowledged under ${key}, is lost or was told twice`);
      judge.expect(!wasGivenUp, `${key} was given up and has a bet`);
    }
    const untold = wagers.filter(({ wasGivenUp }) => wasGivenUp).length;
    const ids = [...booked.keys()].join(' ');
    judge.expect(booked.size <= untold, `nobody was told of ${ids}; ${untold} bets were given up`);
  }
}

/** The head is of now, and moved just now: of a clock that was set back it may be of now by chance. */
function watchTicks({ judge, clock, plan }: World): () => boolean {
  let seq = judge.head?.seq ?? 0;
  let movedMs = Number.NEGATIVE_INFINITY;
  return () => {
    const head = judge.head?.seq ?? 0;
    if (head > seq) movedMs = clock.monotonicMs();
    seq = head;
    const isOfNow = Math.abs(clock.nowMs() - (judge.head?.atMs ?? 0)) <= 2 * plan.rules.tickMs;
    return isOfNow && clock.monotonicMs() - movedMs <= 10 * plan.rules.tickMs;
  };
}

/** Whoever is connected hears the price. */
function checkListeners(world: World, players: readonly Player[]): void {
  if (world.plan.connectionsMax < players.length) return;
  for (const { listener, account } of players) {
    const silentMs = world.clock.monotonicMs() - listener.heardPriceAtMs;
    world.judge.expect(silentMs < 2_000, `${account.wallet.address} has heard no price for ${silentMs} ms`);
  }
}

async function runUntilTrue(world: World, limitMs: number, holds: () => Promise<boolean>): Promise<boolean> {
  const untilMs = world.clock.monotonicMs() + limitMs;
  while (world.clock.monotonicMs() < untilMs) {
    if (await holds()) return true;
    await world.runUntil(Math.min(untilMs, world.clock.monotonicMs() + 200));
  }
  return holds();
}
