/**
 * The public surface of the actor runtime: what actors may import of it. What only the main thread needs (the
 * supervisor, its threads, the admin server) is imported from its own file: here, every thread would load it.
 */
export {
  type ActorContext,
  type ActorDefinition,
  type AnyReceived,
  type AskFailure,
  type AskOptions,
  type AskResult,
  defineActor,
  type LaterOptions,
  type LetterOptions,
  type SendOptions,
  type SendResult,
} from './actor.ts';
export type { ActorsReport } from './admin/admin-server.ts';
export { type Clock, ManualClock, systemClock, type Timer, withDeadline } from './clock.ts';
export { ExpiringMap } from './expiring-map.ts';
export { failpoint } from './failpoint.ts';
export { createLogger, type Logger, type LogLevel, silentLogger } from './logger.ts';
export {
  type DeadLetter,
  type DeadLetters,
  isQuarantined,
  type ReplayResult,
} from './mailbox/dead-letters.ts';
export { RedisDeadLetters } from './mailbox/redis-dead-letters.ts';
export { Metrics } from './metrics.ts';
export type { OutboxLog, OutboxStream } from './outbox/outbox.ts';
export { type OutboxGap, OutboxReader } from './outbox/outbox-reader.ts';
export { OutboxRelay } from './outbox/outbox-relay.ts';
export { OUTBOX_MIGRATION, SqliteOutbox } from './outbox/sqlite-outbox.ts';
export { type Random, seededRandom, systemRandom } from './random.ts';
export { commandConnection, connect, luaScript, type RedisConnection } from './redis/redis-connections.ts';
// Signing itself is imported from secp256k1.ts and service-key.ts: most threads never do.
export type { ServiceKey } from './service-key.ts';
export { RowInserter, type SqliteValue } from './sqlite/row-inserter.ts';
export { openSqlite, type SqliteDatabase, type SqliteStatement } from './sqlite/sqlite-database.ts';
export { START_REFUSED_EXIT_CODE, StartRefusedError } from './start-refused-error.ts';
export {
  type ChildSpec,
  childSpec,
  type Strategy,
  type SupervisorSpec,
  supervisorSpec,
  type TreeSpec,
} from './supervision/child-spec.ts';
export type { ChildReport, MemberReport, SupervisorReport } from './supervision/member.ts';
export type { ActorEnvironment } from './workers/actor-module.ts';
export {
  type ComputePool,
  ComputePoolFull,
  createComputePool,
  inlineComputePool,
} from './workers/compute-pool.ts';
