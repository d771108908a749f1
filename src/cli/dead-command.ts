/**
 * `touchline dead`: letters that actors gave up on, in the running Redis. Reading changes nothing; `replay`
 * and `drop` act on one letter, or on all of an actor when no id is given.
 */
import { parseArgs } from 'node:util';
import { readConfig } from '../config.ts';
import {
  commandConnection,
  connect,
  type DeadLetter,
  type DeadLetters,
  isQuarantined,
  RedisDeadLetters,
  type ReplayResult,
} from '../runtime/index.ts';
import { type Command, type CommandResult, progress, UsageError } from './command.ts';

type Action = 'list' | 'show' | 'replay' | 'drop';
const ACTIONS: readonly Action[] = ['list', 'show', 'replay', 'drop'];

export const dead: Command = {
  summary: 'letters that actors gave up on: dead list|show|replay|drop [actor] [id]',
  options: [
    'list [actor]         what is dead, all actors if none is named',
    'show ACTOR ID        one letter whole',
    'replay ACTOR [ID]    back into the mailbox, at its end; all of the actor without ID',
    'drop ACTOR [ID]      forget it; all of the actor without ID',
    '--redis URL          default: the running system’s own, REDIS_MAILBOX_URL or REDIS_URL',
  ],
  async run(args): Promise<CommandResult> {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { redis: { type: 'string' } },
      allowPositionals: true,
    });
    const [action = 'list', actor, id, ...rest] = positionals;
    if (!isAction(action)) throw new UsageError(`dead ${ACTIONS.join('|')}, not "${action}"`);
    if (rest.length > 0) throw new UsageError('dead <action> [actor] [id] takes no more than that');
    const config = readConfig();
    const url = values.redis ?? (config.REDIS_MAILBOX_URL || config.REDIS_URL);
    const redis = await connect(commandConnection(url));
    try {
      return await act(new RedisDeadLetters(redis), action, actor, id);
    } finally {
      redis.disconnect();
    }
  },
};

const isAction = (text: string): text is Action => (ACTIONS as readonly string[]).includes(text);

async function act(
  letters: DeadLetters,
  action: Action,
  actor: string | undefined,
  id: string | undefined,
): Promise<CommandResult> {
  if (action === 'list') return list(letters, actor === undefined ? await letters.actors() : [actor]);
  if (actor === undefined) throw new UsageError(`dead ${action} needs an actor`);
  if (action === 'show') {
    if (id === undefined) throw new UsageError('dead show needs an id');
    const found = (await letters.list(actor)).find((letter) => letter.id === id);
    return { json: found ? view(found, true) : null, exitCode: found ? 0 : 1 };
  }
  const ids = id === undefined ? (await letters.list(actor)).map((letter) => letter.id) : [id];
  return action === 'replay' ? replay(letters, actor, ids) : drop(letters, actor, ids);
}

async function list(letters: DeadLetters, actors: readonly string[]): Promise<CommandResult> {
  const found: DeadLetter[] = [];
  for (const actor of actors) found.push(...(await letters.list(actor)));
  for (const letter of found) {
    const mark = isQuarantined(letter) ? ' (quarantined)' : '';
    progress(`${letter.actor}  ${letter.id}  ${letter.envelope.type}  ${firstLine(letter.error)}${mark}`);
  }
  return { json: { letters: found.map((letter) => view(letter, false)) }, exitCode: 0 };
}

async function replay(letters: DeadLetters, actor: string, ids: readonly string[]): Promise<CommandResult> {
  const results: { readonly id: string; readonly result: ReplayResult }[] = [];
  for (const id of ids) results.push({ id, result: await letters.replay(actor, id) });
  const isWhole = results.every(({ result }) => result === 'replayed');
  return { json: { actor, results }, exitCode: isWhole ? 0 : 1 };
}

async function drop(letters: DeadLetters, actor: string, ids: readonly string[]): Promise<CommandResult> {
  let dropped = 0;
  for (const id of ids) dropped += (await letters.drop(actor, id)) ? 1 : 0;
  return { json: { actor, dropped }, exitCode: dropped === ids.length ? 0 : 1 };
}

function view(letter: DeadLetter, isWhole: boolean): object {
  const { id, actor, envelope, error, attempts, atMs } = letter;
  const about = { actor, id, type: envelope.type, key: envelope.key ?? null, from: envelope.from };
  const counts = { attempts, replayCount: envelope.replays ?? 0, quarantined: isQuarantined(letter) };
  const death = { at: new Date(atMs).toISOString(), error: isWhole ? error : firstLine(error) };
  return { ...about, ...counts, ...death, ...(isWhole ? { envelope } : {}) };
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? text;
