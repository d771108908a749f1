/** Dead letters in Redis: one stream per actor, written by the bury script of its mailbox. */
import { encode } from '../../protocol/codec.ts';
import {
  actorOfDeadLettersKey,
  controlMailboxKey,
  deadLettersKey,
  mailboxKey,
} from '../../protocol/redis-keys.ts';
import { luaScript, type RedisConnection } from '../redis/redis-connections.ts';
import {
  type DeadLetter,
  type DeadLetters,
  isQuarantined,
  type ReplayResult,
  replayedEnvelope,
} from './dead-letters.ts';
import { CONTROL_LETTERS_MAX, MAILBOX_LETTERS_MAX } from './mailbox.ts';
import { createMailbox, envelopeOf } from './redis-streams.ts';

const REPLAY_RESULTS: Readonly<Record<number, ReplayResult>> = { 1: 'replayed', 0: 'unknown', [-2]: 'full' };
/** What Redis takes for an entry id; anything else is an id nobody has. */
const ENTRY_ID = /^\d{1,19}-\d{1,19}$/;

export class RedisDeadLetters implements DeadLetters {
  readonly #redis: RedisConnection;
  readonly #lettersMax: number;
  readonly #replayLetter: ReturnType<typeof luaScript>;

  constructor(redis: RedisConnection, lettersMax: number = MAILBOX_LETTERS_MAX) {
    this.#redis = redis;
    this.#lettersMax = lettersMax;
    this.#replayLetter = luaScript(redis, new URL('./lua/replay-letter-2.lua', import.meta.url));
  }

  async actors(): Promise<readonly string[]> {
    const found = new Set<string>();
    let cursor = '0';
    do {
      const [next, keys] = await this.#redis.scan(cursor, 'MATCH', deadLettersKey('*'), 'COUNT', 1_000);
      for (const key of keys) {
        if ((await this.#redis.xlen(key)) > 0) found.add(actorOfDeadLettersKey(key));
      }
      cursor = next;
    } while (cursor !== '0');
    return [...found].sort();
  }

  async list(actor: string): Promise<readonly DeadLetter[]> {
    return this.#range(actor, '-', '+');
  }

  async replay(actor: string, id: string): Promise<ReplayResult> {
    const [letter] = ENTRY_ID.test(id) ? await this.#range(actor, id, id) : [];
    if (!letter) return 'unknown';
    if (isQuarantined(letter)) return 'quarantined';
    const bytes = Buffer.from(encode(replayedEnvelope(letter)));
    const { control } = letter.envelope;
    const to = control ? controlMailboxKey(actor) : mailboxKey(actor);
    const roomMax = control ? CONTROL_LETTERS_MAX : this.#lettersMax;
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const code = Number(await this.#replayLetter(deadLettersKey(actor), to, id, roomMax, bytes));
      const result = REPLAY_RESULTS[code];
      if (result) return result;
      await createMailbox(this.#redis, actor);
    }
    throw new Error(`mailbox ${actor} keeps vanishing`);
  }

  async drop(actor: string, id: string): Promise<boolean> {
    return ENTRY_ID.test(id) && (await this.#redis.xdel(deadLettersKey(actor), id)) > 0;
  }

  async #range(actor: string, from: string, to: string): Promise<DeadLetter[]> {
    const entries = await this.#redis.xrangeBuffer(deadLettersKey(actor), from, to);
    return entries.flatMap(([id, fields]) => {
      const envelope = envelopeOf(fields);
      if (!envelope) return [];
      const text = (name: string): string =>
        String(fields[fields.findIndex((field, at) => at % 2 === 0 && String(field) === name) + 1]);
      const dead = { id: id.toString(), actor, envelope, error: text('error') };
      return [{ ...dead, attempts: Number(text('attempts')), atMs: Number(text('at')) }];
    });
  }
}
