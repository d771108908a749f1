/**
 * `npm run crash -- --kills N [--seed S]`: the real system under load, killed with SIGKILL (its process, its
 * Redis, or both; at random moments and at named failpoints) and started again N times on the same data. At
 * the end every acknowledged bet is looked for in the files.
 *
 * Last line: {kills, ackedChecked, lost, doubled, wrong, recoveryMs: {p50, p99}, failpoints}; recovery is
 * from the kill to the next acknowledged bet, `failpoints` the kills at each named point. Exit 1 unless lost,
 * doubled and wrong are 0, and if a run of LONG_RUN_KILLS or more never killed at some point. Progress on
 * stderr.
 */
import { parseArgs } from 'node:util';
import { type RunningSystem, startSystem } from '../support/system.ts';
import { type AckedBet, Bettor, pause } from './bettor.ts';
import { GridBoard } from './grid-board.ts';
import { FAILPOINT_NAMES, nameOfFailpoint, type Strike, StrikePlan } from './strikes.ts';
import { judge } from './verdict.ts';

const BETTORS = 24;
/** Acknowledged bets sent again after each recovery. */
const REPEATS = 10;
const RECOVERY_MS_MAX = 60_000;
const SETTLE_GRACE_MS = 10_000;
const LONG_RUN_KILLS = 100;

const say = (line: string): void => console.error(line);

class CrashRun {
  readonly #system: RunningSystem;
  readonly #plan: StrikePlan;
  readonly #board: GridBoard;
  readonly #bettors: Bettor[] = [];
  readonly #owners = new Map<AckedBet, Bettor>();
  readonly recoveriesMs: number[] = [];
  /** Kills at each named point. */
  readonly hits: Record<string, number> = Object.fromEntries(FAILPOINT_NAMES.map((name) => [name, 0]));
  readonly #repeats: Promise<void>[] = [];
  /** Told of every acknowledged bet, and when it was asked for. */
  #recovered: ((requestedAtMs: number) => void) | undefined;

  constructor(system: RunningSystem, seed: number) {
    this.#system = system;
    this.#plan = new StrikePlan(seed);
    this.#board = new GridBoard(system.url);
  }

  async run(kills: number): Promise<ReturnType<typeof judge>> {
    for (let n = 0; n < BETTORS; n += 1) {
      const bettor: Bettor = await Bettor.signedIn(this.#system.url, this.#board, (acked, requestedAtMs) => {
        this.#owners.set(acked, bettor);
        this.#recovered?.(requestedAtMs);
      });
      this.#bettors.push(bettor);
    }
    const running = Promise.all(this.#bettors.map((bettor) => bettor.run()));
    await Promise.race([this.#strikeAll(kills), running]);
    for (const bettor of this.#bettors) bettor.stop();
    await running;
    await Promise.all(this.#repeats);
    this.#board.close();
    await this.#untilSettled();
    await this.#system.terminate();
    for (const bettor of this.#bettors) bettor.close();
    return this.#verdict();
  }

  async #strikeAll(kills: number): Promise<void> {
    let strike = this.#plan.next(false);
    for (let kill = 1; kill <= kills; kill += 1) {
      const next = this.#plan.next(strike.target !== 'redis');
      const before = this.#owners.size;
      const what = await this.#kill(strike);
      const killedAtMs = performance.now();
      await this.#bringBack(strike, kill < kills ? next.failpoint : '');
      const upMs = performance.now() - killedAtMs;
      const recoveryMs = await this.#untilRecovered(killedAtMs);
      if (recoveryMs !== undefined) this.recoveriesMs.push(recoveryMs);
      this.#repeatLast();
      const acked = this.#owners.size - before;
      const end =
        recoveryMs === undefined
          ? 'died again on the way up'
          : `up after ${Math.round(upMs)}, back after ${Math.round(recoveryMs)} ms`;
      say(`${kill}/${kills} ${what}: ${end}; ${acked} bets acknowledged`);
      strike = next;
    }
  }

  /** The next life, armed with the failpoint that is to end it. It may do so before it is ready. */
  async #bringBack({ target, takesRedis }: Strike, failpoint: string): Promise<void> {
    if (takesRedis) await this.#system.redis.comeBack();
    if (target === 'redis') return;
    await this.#system.restart({ TOUCHLINE_FAILPOINT: failpoint }).catch((error: unknown) => {
      if (failpoint === '') throw error;
    });
  }

  /** Resolves when the victims are dead. */
  async #kill({ target, afterMs, failpoint, takesRedis }: Strike): Promise<string> {
    const system = this.#system;
    const ended = await Promise.race([system.gone().then(() => true), pause(afterMs).then(() => false)]);
    const reached = ended && target === 'failpoint';
    if (ended && !reached) throw new Error('the system ended by itself');
    if (takesRedis) process.kill(system.redis.pid, 'SIGKILL');
    if (target !== 'redis') await system.kill();
    if (reached) this.#hit(nameOfFailpoint(failpoint));
    if (target !== 'failpoint') return target;
    const redis = takesRedis ? ' and redis' : '';
    return reached ? `${target} ${failpoint}${redis}` : `process (${failpoint} was not reached)${redis}`;
  }

  #hit(name: string): void {
    this.hits[name] = (this.hits[name] ?? 0) + 1;
  }

  /** From the kill to the answer to a bet asked for after it; undefined if the process died again. */
  #untilRecovered(killedAtMs: number): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error('no bet was acknowledged in time')), RECOVERY_MS_MAX);
      const end = (recoveryMs: number | undefined): void => {
        clearTimeout(limit);
        this.#recovered = undefined;
        resolve(recoveryMs);
      };
      this.#recovered = (requestedAtMs) => {
        if (requestedAtMs >= killedAtMs) end(performance.now() - killedAtMs);
      };
      void this.#system.gone().then(() => end(undefined));
    });
  }

  /** Not waited for here: the answers may take another life or two. */
  #repeatLast(): void {
    const last = [...this.#owners].slice(-REPEATS);
    this.#repeats.push(...last.map(([acked, bettor]) => bettor.repeat(acked)));
  }

  async #untilSettled(): Promise<void> {
    const lastCloseMs = Math.max(0, ...[...this.#owners.keys()].map(({ bet }) => bet.closesAtMs));
    say(`${this.#owners.size} bets acknowledged; waiting for the last to settle`);
    while ((await this.#openBets()) > 0 && Date.now() < lastCloseMs + SETTLE_GRACE_MS) await pause(200);
  }

  async #openBets(): Promise<number> {
    const answer = await fetch(`${this.#system.url}/v1/ledger`);
    const { bets } = (await answer.json()) as { bets: { open: number } };
    return bets.open;
  }

  #verdict(): ReturnType<typeof judge> {
    const verdict = judge(this.#system.dataDir, [...this.#owners.keys()]);
    const of = (field: 'doubled' | 'changed'): string[] => this.#bettors.flatMap((bettor) => bettor[field]);
    const unanswered = this.#bettors.reduce((sum, bettor) => sum + bettor.unanswered, 0);
    const refused: Record<string, number> = {};
    for (const bettor of this.#bettors)
      for (const code of bettor.refused.values()) refused[code] = (refused[code] ?? 0) + 1;
    say(JSON.stringify({ outcomes: verdict.outcomes, refused, repeatedRequests: unanswered }));
    return {
      ...verdict,
      doubled: [...verdict.doubled, ...of('doubled')],
      wrong: [...verdict.wrong, ...of('changed')],
    };
  }
}

function percentile(sorted: readonly number[], fraction: number): number {
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? 0);
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { kills: { type: 'string' }, seed: { type: 'string' } } });
  const kills = Number(values.kills ?? 20);
  const seed = Number(values.seed ?? 1);
  if (!Number.isInteger(kills) || kills < 1 || !Number.isInteger(seed)) {
    say('npm run crash -- --kills N [--seed S]: whole numbers, N at least 1');
    return 2;
  }
  const system = await startSystem({ env: { LOG_LEVEL: 'warn', BETS_PER_MINUTE: '1000000' } });
  try {
    const run = new CrashRun(system, seed);
    const { lost, doubled, wrong, ackedChecked } = await run.run(kills);
    for (const problem of [...lost, ...doubled, ...wrong].slice(0, 20)) say(problem);
    const sorted = run.recoveriesMs.sort((a, b) => a - b);
    const recoveryMs = { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
    const counts = { lost: lost.length, doubled: doubled.length, wrong: wrong.length };
    console.log(JSON.stringify({ kills, ackedChecked, ...counts, recoveryMs, failpoints: run.hits }));
    const missed = kills < LONG_RUN_KILLS ? [] : FAILPOINT_NAMES.filter((name) => run.hits[name] === 0);
    if (missed.length > 0) say(`never killed at: ${missed.join(', ')}`);
    const problems = lost.length + doubled.length + wrong.length + missed.length;
    return problems === 0 && ackedChecked > 0 ? 0 : 1;
  } catch (error) {
    say(system.output().slice(-4_000));
    throw error;
  } finally {
    await system.stop();
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
