/** The faults that come by the clock: whatever the plan has of them, at random times around their mean. */
import { SYMBOL } from '../../src/domain/tick.ts';
import { HISTORY_WRITER } from '../../src/protocol/letters/history-writer.ts';
import { PRICE_FEED } from '../../src/protocol/letters/price-feed.ts';
import { ROGUE_PRICE_CENTS } from './judge.ts';
import { EVENTS, type EventFault } from './plan.ts';
import type { SimProcess } from './sim-process.ts';
import type { RedisState } from './sim-redis.ts';
import type { World } from './world.ts';

export class Mischief {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  start(): void {
    const { plan } = this.#world;
    this.#world.faults.isOn = true;
    for (const fault of Object.keys(EVENTS) as EventFault[]) {
      const meanMs = plan.events[fault];
      if (meanMs !== undefined) this.#repeat(fault, meanMs);
    }
  }

  /** Everything is well from now on. */
  stop(): void {
    const { faults, redis, disk, feed } = this.#world;
    faults.isOn = false;
    redis.state = 'up';
    disk.isFull = false;
    feed.silentUntilMs = 0;
    feed.degradedUntilMs = 0;
    for (const life of this.#world.lives()) life.hangsUntilMs = 0;
  }

  #repeat(fault: EventFault, meanMs: number): void {
    const { clock, faults } = this.#world;
    clock.after(faults.dice.fraction() * 2 * meanMs, () => {
      if (!faults.isOn) return;
      faults.note(fault, this.#happen(fault));
      this.#repeat(fault, meanMs);
    });
  }

  /** Does it and says what exactly. */
  #happen(fault: EventFault): string {
    const { faults, feed, clock, redis, disk } = this.#world;
    const { dice } = faults;
    const nowMs = clock.monotonicMs();
    switch (fault) {
      case 'process-crash':
        return this.#each((process) => process.crash('killed'));
      case 'process-stop':
        return this.#each((process) => void process.stop());
      case 'redis-down':
        return this.#redisFor('away', dice.magnitude(50, 12_000));
      case 'redis-slow':
        return this.#redisFor('slow', dice.magnitude(500, 6_000));
      case 'redis-nearly-full':
        return this.#redisFor('nearly-full', dice.magnitude(1_000, 8_000));
      case 'redis-out-of-memory':
        return this.#redisFor('out-of-memory', dice.magnitude(200, 6_000));
      case 'flushall':
        redis.flushAll();
        return '';
      case 'eviction':
        return redis.evict();
      case 'feed-gap':
        feed.silentUntilMs = nowMs + dice.magnitude(300, 8_000);
        return `until ${feed.silentUntilMs.toFixed()}`;
      case 'feed-degraded':
        feed.degradedUntilMs = nowMs + dice.magnitude(300, 8_000);
        return `until ${feed.degradedUntilMs.toFixed()}`;
      case 'feed-jump':
        feed.jump((dice.fraction() - 0.5) * dice.magnitude(0.0002, 0.3));
        return '';
      case 'composition-jump':
        feed.compose((dice.fraction() - 0.5) * dice.magnitude(0.0002, 0.005));
        return '';
      case 'rogue-ticks':
        return this.#rogueTicks();
      case 'clock-jump': {
        const byMs = Math.round((dice.fraction() - 0.5) * dice.magnitude(10, 8_000));
        clock.jump(byMs);
        return `by ${byMs} ms`;
      }
      case 'disk-full':
        disk.isFull = true;
        clock.after(dice.magnitude(50, 4_000), () => {
          disk.isFull = false;
        });
        return '';
      case 'actor-hangs':
        return this.#hang();
      default:
        return fault satisfies never;
    }
  }

  #each(end: (process: SimProcess) => void): string {
    const { core, edge, faults } = this.#world;
    const processes = faults.dice.pick([[core], [edge], [core, edge]]);
    for (const process of processes) end(process);
    return processes.map(({ name }) => name).join(' and ');
  }

  #redisFor(state: RedisState, forMs: number): string {
    const { redis, clock } = this.#world;
    redis.state = state;
    clock.after(forMs, () => {
      if (redis.state === state) redis.state = 'up';
    });
    return `for ${forMs.toFixed()} ms`;
  }

  #hang(): string {
    const { faults, clock } = this.#world;
    const lives = this.#world.lives();
    if (lives.length === 0) return 'nobody';
    const life = faults.dice.pick(lives);
    life.hangsUntilMs = clock.monotonicMs() + faults.dice.magnitude(500, 20_000);
    return life.id;
  }

  /** Letters nobody should have sent: of an older epoch, with a hole, out of order, or rubbish. */
  #rogueTicks(): string {
    const { judge, redis, faults, clock } = this.#world;
    const { head } = judge;
    const seq = head?.seq ?? 0;
    const tick = {
      symbol: SYMBOL,
      seq: seq + 1,
      atMs: (head?.atMs ?? clock.nowMs()) + 100,
      priceCents: ROGUE_PRICE_CENTS,
      quality: 'ok',
      venues: 1,
      venueMask: 1,
      compositionJump: false,
    };
    const epoch = this.#world.epoch();
    const bodies: Readonly<Record<string, unknown>> = {
      'of an older epoch': { epoch: epoch - 1, ticks: [tick] },
      'of no known epoch': { epoch: epoch + 1_000, ticks: [tick] },
      'after a hole': { epoch, ticks: [{ ...tick, seq: seq + 500 }] },
      'out of order': { epoch, ticks: [{ ...tick, atMs: tick.atMs - 5_000 }] },
      'of no price': { epoch, ticks: [{ ...tick, priceCents: 0 }] },
      'of a fraction of a cent': { epoch, ticks: [{ ...tick, priceCents: 1.5 }] },
      'that are none': { epoch, ticks: [null, 'tick'] },
      'that are old': { epoch, ticks: [{ ...tick, seq: Math.max(1, seq - 3) }] },
      empty: null,
    };
    const which = faults.dice.pick(Object.keys(bodies));
    void redis.mailbox(HISTORY_WRITER.name).post(HISTORY_WRITER.name, {
      id: `rogue-${clock.monotonicMs()}`,
      type: 'TicksPublished',
      from: PRICE_FEED.name,
      sentAtMs: clock.nowMs(),
      body: bodies[which],
    });
    return which;
  }
}
