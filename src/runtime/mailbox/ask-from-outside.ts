/**
 * An ask by somebody who is no actor: a person's command. It has a mailbox for replies of its own, which it
 * reads once, and connections that end with it. As safe to repeat as its letter.
 */
import type { Address, Envelope, Letter } from '../../protocol/envelope.ts';
import { repliesKey } from '../../protocol/redis-keys.ts';
import type { AskResult } from '../actor.ts';
import { systemClock } from '../clock.ts';
import { silentLogger } from '../logger.ts';
import { Metrics } from '../metrics.ts';
import { systemRandom } from '../random.ts';
import { blockingConnection, commandConnection, connect } from '../redis/redis-connections.ts';
import { RedisPostOffice } from './redis-post-office.ts';
import { repliesOf } from './redis-streams.ts';

export interface OutsideAskOptions {
  /** The Redis of the mailboxes. */
  readonly redisUrl: string;
  readonly deadlineMs: number;
}

/** Goes before ordinary letters. Never rejects: Redis away is an unknown outcome. */
export async function askFromOutside<L extends Letter, R, T extends L['type'] & keyof R>(
  to: Address<L, R>,
  letter: Extract<L, { type: T }> & { readonly type: T },
  options: OutsideAskOptions,
): Promise<AskResult<R[T]>> {
  const { redisUrl, deadlineMs } = options;
  const blocking = blockingConnection(redisUrl, deadlineMs);
  const redis = commandConnection(redisUrl);
  try {
    await Promise.all([connect(redis), connect(blocking)]);
    const from = `outside-${systemRandom.id()}`;
    const nowMs = systemClock.nowMs();
    const envelope: Envelope = {
      ...{ id: systemRandom.id(), type: letter.type, body: letter.body, from, replyTo: from },
      ...{ sentAtMs: nowMs, expiresAtMs: nowMs + deadlineMs, control: true },
    };
    const log = silentLogger;
    const metrics = new Metrics(from);
    const postOffice = new RedisPostOffice({ redisUrl, redis, clock: systemClock, log, metrics });
    const posted = await postOffice.postAsk(to.name, envelope);
    if (posted === 'restarting') return { ok: false, code: 'ACTOR_RESTARTING' };
    if (posted === 'full') return { ok: false, code: 'MAILBOX_FULL' };
    if (posted === 'unavailable') return { ok: false, code: 'OUTCOME_UNKNOWN' };
    const read = await blocking.xreadBuffer('BLOCK', deadlineMs, 'STREAMS', repliesKey(from), '0');
    const [reply] = repliesOf(read?.[0]?.[1]?.[0]?.[1] ?? null);
    return reply ? { ok: true, reply: reply.body as R[T] } : { ok: false, code: 'OUTCOME_UNKNOWN' };
  } catch {
    return { ok: false, code: 'OUTCOME_UNKNOWN' };
  } finally {
    redis.disconnect();
    blocking.disconnect();
  }
}
