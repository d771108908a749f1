/** How a mailbox lies in Redis: two streams with one consumer group and one consumer of a fixed name. */
import { borrow, borrowRows, decode, decodeRows } from '../../protocol/codec.ts';
import type { Envelope } from '../../protocol/envelope.ts';
import { controlMailboxKey, mailboxKey, postedIdsKey } from '../../protocol/redis-keys.ts';
import { luaScript, type RedisConnection } from '../redis/redis-connections.ts';

export const GROUP = 'actor';
export const CONSUMER = 'reader';
export const POSTED_IDS_TTL_SECONDS = 600;

export type StreamEntry = readonly [id: Buffer, fields: readonly Buffer[] | null];
export type StreamReply = readonly (readonly [key: Buffer, entries: readonly StreamEntry[]])[] | null;

/** Makes streams and groups, from the first entry on; leaves existing ones alone. */
export async function createMailbox(redis: RedisConnection, name: string): Promise<void> {
  const create = luaScript(redis, new URL('./lua/create-mailbox-3.lua', import.meta.url));
  await create(mailboxKey(name), controlMailboxKey(name), postedIdsKey(name), GROUP);
}

/** An entry of the stream of replies: what one turn answered to one asker, names written once. */
export const REPLIES_FIELD = 'r';
export const replyBytes = (replies: readonly Envelope[]): Buffer => Buffer.from(borrowRows(replies));
/** None for an entry that does not hold replies. */
export function repliesOf(fields: readonly Buffer[] | null): readonly Envelope[] {
  const bytes = fields?.[1];
  if (!bytes) return [];
  try {
    return decodeRows(bytes).filter(isEnvelope);
  } catch {
    return [];
  }
}

/** Out of Node's pool, where a small one costs less than memory of its own. */
export const letterBytes = (envelope: Envelope): Buffer => Buffer.from(borrow(envelope));

/** Undefined for an entry that was trimmed while pending or does not hold an envelope. */
export function envelopeOf(fields: readonly Buffer[] | null): Envelope | undefined {
  const bytes = fields?.[1];
  if (!bytes) return undefined;
  try {
    const envelope = decode(bytes);
    return isEnvelope(envelope) ? envelope : undefined;
  } catch {
    return undefined;
  }
}

function isEnvelope(value: unknown): value is Envelope {
  const { id, type } = (value ?? {}) as Partial<Envelope>;
  return typeof id === 'string' && typeof type === 'string';
}
