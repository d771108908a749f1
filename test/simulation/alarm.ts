/**
 * An actor that wakes itself through its mailbox, later. No actor of the product needs that yet; any may.
 * What is checked: a delayed letter never comes early, comes whoever ended meanwhile, and not after it was
 * taken back; only the loss of the store excuses one that never comes.
 */
import { address } from '../../src/protocol/envelope.ts';
import { type ActorContext, defineActor } from '../../src/runtime/index.ts';
import type { Dice } from './dice.ts';
import type { Judge } from './judge.ts';
import type { SimRedis } from './sim-redis.ts';

interface Ring {
  readonly type: 'Ring';
  readonly body: Record<never, never>;
}

export const ALARM = address<Ring>('alarm');

const SET_EVERY_MS = 900;
const DELAY_MS_MAX = 6_000;

interface SetAlarm {
  /** Monotonic instant before which it must not ring. */
  readonly dueMs: number;
  /** How much its store had lost when it was set. */
  readonly losses: number;
  /** `unknown`: its setter ended, or was told nothing. */
  state: 'unknown' | 'set' | 'taken back' | 'refused' | 'rang';
}

export interface AlarmParts {
  readonly judge: Judge;
  readonly redis: SimRedis;
  readonly dice: Dice;
  readonly reached: (goal: string) => void;
}

export class Alarms {
  readonly #parts: AlarmParts;
  readonly #alarms = new Map<string, SetAlarm>();

  constructor(parts: AlarmParts) {
    this.#parts = parts;
  }

  actor() {
    return defineActor<Ring, undefined>({
      name: ALARM.name,
      start: (context) => {
        context.every(SET_EVERY_MS, () => this.#set(context));
        return undefined;
      },
      receive: (_state, letters, context) => {
        for (const { id } of letters) this.#rang(id, context.clock.monotonicMs());
      },
    });
  }

  /** One that should have rung by now and has not. */
  overdue(nowMs: number): string | undefined {
    const losses = this.#parts.redis.lossesOf(ALARM.name);
    for (const [id, alarm] of this.#alarms)
      if (alarm.state === 'set' && alarm.losses === losses && alarm.dueMs < nowMs)
        return `the delayed letter ${id} was due at ${alarm.dueMs.toFixed()} and never came`;
    return undefined;
  }

  async #set(context: ActorContext): Promise<void> {
    const { dice, redis, reached } = this.#parts;
    const id = `ring-${context.random.id()}`;
    const delayMs = dice.int(0, DELAY_MS_MAX);
    const dueMs = context.clock.monotonicMs() + delayMs;
    const alarm: SetAlarm = { dueMs, losses: redis.lossesOf(ALARM.name), state: 'unknown' };
    this.#alarms.set(id, alarm);
    const sent = await context.sendLater(ALARM, { type: 'Ring', body: {} }, { id, delayMs });
    if (sent === 'unavailable' || alarm.state === 'rang') return;
    alarm.state = sent === 'posted' ? 'set' : 'refused';
    if (alarm.state === 'refused') reached('delayed letter refused');
    else if (dice.chance(0.1)) await this.#takeBack(id, alarm, context);
  }

  async #takeBack(id: string, alarm: SetAlarm, context: ActorContext): Promise<void> {
    // What comes of it is not known until there is an answer.
    alarm.state = 'unknown';
    if (!(await context.cancelLater(ALARM, id))) return;
    alarm.state = 'taken back';
    this.#parts.reached('delayed letter taken back');
  }

  #rang(id: string, nowMs: number): void {
    const { judge, reached } = this.#parts;
    const alarm = this.#alarms.get(id);
    judge.expect(alarm !== undefined, `${id} rang and was never set`);
    if (!alarm) return;
    judge.expect(nowMs >= alarm.dueMs, `the delayed letter ${id} came ${alarm.dueMs - nowMs} ms early`);
    const isWanted = alarm.state !== 'taken back' && alarm.state !== 'refused';
    judge.expect(isWanted, `the delayed letter ${id} came although it was ${alarm.state}`);
    alarm.state = 'rang';
    reached('delayed letter came');
  }
}
