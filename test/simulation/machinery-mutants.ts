/** Mistakes in the runtime, in what records ticks, and in what faces clients. */
import type { Mutant } from './mutants.ts';

const guard = (file: string): string => `src/actors/session-guard/${file}.ts`;
const broadcaster = (file: string): string => `src/actors/broadcaster/${file}.ts`;

export const MACHINERY_MUTANTS: readonly Mutant[] = [
  {
    name: 'answers leave before the commit',
    file: 'src/runtime/turn-queue.ts',
    from: 'if (this.#inTurn) this.#outgoing.push(leave);',
    to: 'if (this.#waiting < 0) this.#outgoing.push(leave);',
  },
  {
    name: 'letters are acked before their turn',
    file: 'src/runtime/actor-host.ts',
    from: 'await this.#traces.run(letters,',
    to: 'await mailbox.ack(deliveries.map((d) => d.deliveryId)); await this.#traces.run(letters,',
  },
  {
    name: 'ticks after a hole are taken',
    file: 'src/actors/history-writer/tick-intake.ts',
    from: 'if (tick.seq > lastSeq + 1)',
    to: 'if (tick.seq > lastSeq + 1e9)',
  },
  {
    name: 'ticks whose time goes back are taken',
    file: 'src/actors/history-writer/tick-intake.ts',
    from: 'tick.atMs <= last.atMs) return',
    to: 'tick.atMs <= 0) return',
  },
  {
    name: 'a feed of an older epoch may write',
    file: 'src/actors/history-writer/tick-intake.ts',
    from: 'if (epoch < head.epoch)',
    to: 'if (epoch < 0)',
  },
  {
    name: 'ticks are not sent again',
    file: 'src/actors/price-feed/price-feed-actor.ts',
    from: '  resend(feed, context);\n  context.metrics.gauge',
    to: '  context.metrics.gauge',
  },
  {
    name: 'a nonce is read, not taken',
    file: guard('memory-session-store'),
    from: 'this.#map.take(nonceKey(nonce))',
    to: 'this.#map.get(nonceKey(nonce))',
  },
  {
    name: 'a session outlives its sign-out',
    file: guard('memory-session-store'),
    from: 'this.#map.delete(key);',
    to: '',
  },
  {
    name: 'anybody signs anybody out',
    file: guard('memory-session-store'),
    from: '?.tokenHash !== tokenHash) return false;',
    to: '?.wallet !== wallet) return false;',
  },
  {
    name: 'any secret opens a session',
    file: broadcaster('sessions/memory-session-gate'),
    from: 'session?.tokenHash !== tokenHash(String(token))',
    to: 'session?.wallet !== wallet',
  },
  {
    name: 'a message for another site signs in',
    file: guard('sign-in-policy'),
    from: "if (origin === undefined) return 'DOMAIN';",
    to: 'if (origin === undefined) return undefined;',
  },
  {
    name: 'what a slow reader misses leaves a hole in n',
    file: broadcaster('socket-sender'),
    from: 'this.#skipped.add(push.channel);',
    to: 'this.#n += 1;',
  },
  {
    name: 'everybody hears of every wallet',
    file: broadcaster('fan-out'),
    from: 'const sessions = this.#byWallet.get(numbered.event.wallet) ?? [];',
    to: 'const sessions = new Set(this.#sessions.values());',
  },
  {
    name: 'old ticks are pushed again',
    file: broadcaster('market-view'),
    from: 'tick.atMs <= this.#tick.atMs) return false;',
    to: 'tick.atMs <= 0) return false;',
  },
  {
    name: 'a feed of an epoch nobody opened may write',
    file: 'src/actors/history-writer/tick-intake.ts',
    from: "if (epoch > head.epoch) return refuse('unknown_epoch');",
    to: '',
  },
  {
    name: 'a superseded feed goes on',
    file: 'src/actors/price-feed/price-feed-actor.ts',
    from: 'if (body.epoch > feed.epoch) {',
    to: 'if (body.epoch > feed.epoch + 1e9) {',
  },
  {
    name: 'a feed counts from one in every life',
    file: 'src/actors/price-feed/price-feed-actor.ts',
    from: 'lastSeq: last?.seq ?? 0,\n    lastAtMs',
    to: 'lastSeq: 0,\n    lastAtMs',
  },
  {
    name: 'what was once full stays full',
    file: 'src/runtime/redis/memory-guard.ts',
    from: '      this.#isRefusing = isRefusing;',
    to: '      this.#isRefusing ||= isRefusing;',
  },
  {
    name: 'a dead letter is brought back for ever',
    file: 'src/runtime/mailbox/dead-letters.ts',
    from: 'replays: (envelope.replays ?? 0) + 1 };',
    to: 'replays: 0 };',
  },
  {
    name: 'an expired message signs in',
    file: guard('sign-in-policy'),
    from: "if (!(expiresAtMs > nowMs)) return 'EXPIRED';",
    to: '',
  },
  {
    name: 'a message for another chain signs in',
    file: guard('sign-in-policy'),
    from: "if (!policy.chainIds.includes(parsed.chainId)) return 'CHAIN_ID';",
    to: '',
  },
  {
    name: 'an old message signs in',
    file: guard('sign-in-policy'),
    from: 'issuedAtMs >= nowMs - SIGN_IN_AGE_MS_MAX &&',
    to: 'issuedAtMs >= 0 &&',
  },
  {
    name: 'anybody signs for anybody',
    file: guard('session-guard-actor'),
    from: 'if (signer === claims.wallet) return letIn',
    to: 'if (signer !== null) return letIn',
  },
  {
    name: 'what a commit has to tell is not committed with it',
    file: 'src/actors/resolver/sqlite-ledger-store.ts',
    from: 'batch.told ?? []',
    to: '[]',
  },
  {
    name: 'what an earlier life could not relay stays untold',
    file: 'src/runtime/outbox/outbox-relay.ts',
    from: 'this.#streamHead ?? (await stream.head())',
    to: 'this.#streamHead ?? (await outbox.head())',
  },
  {
    name: 'a stream that vanished is not seeded',
    file: 'src/runtime/outbox/outbox-relay.ts',
    from: 'await stream.seed(name, entries);',
    to: '',
  },
  {
    name: 'a delayed letter is sent at once',
    file: 'src/runtime/actor-host.ts',
    from: 'this.#asks.envelope(letter, options), options.delayMs),',
    to: 'this.#asks.envelope(letter, options), 0),',
  },
];
