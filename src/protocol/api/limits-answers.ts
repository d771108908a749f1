/** `GET /v1/limits`: every bound there is, what is left of those that fill up, and with a session its own. */
import { z } from 'zod';
import { accountSchema, selfLimitsAnswerSchema } from './account-answers.ts';
import { atMs, durationMs, fraction, type Immutable, micros, rulesVersion, tickSeq } from './wire-values.ts';

const capSchema = z.strictObject({
  fraction: fraction.meta({ description: 'Of the bankroll the house opened with.' }),
  micros,
});

/** What the Resolver says: as of the last tick. */
export const limitsLeftSchema = z
  .strictObject({
    seq: tickSeq.meta({ description: 'The tick it is as of.' }),
    atMs: atMs.meta({ description: 'Time of that tick.' }),
    houseLeftMicros: z
      .strictObject({ minute: micros, total: micros, bankroll: micros })
      .meta({ description: 'What payout less stake of the next bet may come to, for all wallets together.' }),
    wallet: z
      .exactOptional(
        z.strictObject({
          account: accountSchema,
          leftMicros: z
            .strictObject({ walletOpen: micros, walletMinute: micros })
            .meta({ description: 'What payout less stake of its next bet may come to, by its own caps.' }),
          selfLimits: selfLimitsAnswerSchema,
          selfStakeMicrosMax: z
            .exactOptional(micros)
            .meta({ description: 'The largest stake that its own limits leave now. Absent: they set none.' }),
        }),
      )
      .meta({ description: 'Of the wallet of the session, if one was sent.' }),
  })
  .meta({ id: 'LimitsLeft' });
export type LimitsLeft = Immutable<z.infer<typeof limitsLeftSchema>>;

export const limitsAnswerSchema = z
  .strictObject({
    rulesVersion,
    stake: z.strictObject({ minMicros: micros, maxMicros: micros }),
    caps: z
      .strictObject({
        bet: capSchema.meta({ description: 'One bet.' }),
        walletOpen: capSchema.meta({ description: 'The open bets of a wallet.' }),
        walletMinute: capSchema.meta({ description: 'Bets of a wallet within a minute.' }),
        cell: capSchema.meta({ description: 'The open bets on a cell.' }),
        column: capSchema.meta({ description: 'The open bets on a column, all rows and kinds.' }),
        minute: capSchema.meta({ description: 'All bets within a minute.' }),
        total: capSchema.meta({ description: 'All open bets.' }),
      })
      .meta({ description: 'The most that payouts less stakes may come to.' }),
    times: z.strictObject({
      lockMs: durationMs.meta({ description: 'A column that opens sooner takes no bets.' }),
      horizonMs: durationMs.meta({ description: 'Nor does one that opens later.' }),
      holdMs: durationMs.meta({ description: 'A bet executes at the first tick so long after its receipt.' }),
      maxExecutionDelayMs: durationMs.meta({ description: 'One that found none so long after is refused.' }),
    }),
    rates: z.strictObject({
      betsPerMinute: z.int().positive().meta({ description: 'Of a wallet; each bet of a batch is one.' }),
      requests: z
        .strictObject({
          perSecond: z.number().positive(),
          burst: z.number().positive(),
          costs: z.record(z.string(), z.number()).meta({ description: 'What a request of a kind takes.' }),
        })
        .meta({ description: 'Of one address, in tokens: `RateLimit-*` headers tell what is left.' }),
      connectionsPerAddress: z.int().positive().meta({ description: 'Sockets, in one server thread.' }),
      connectionsPerWallet: z.int().positive().meta({ description: 'Signed-in sockets, in one thread.' }),
    }),
    sizes: z.strictObject({
      betsPerBatch: z.int().positive(),
      cellsPerQuote: z.int().positive(),
      betsPerPage: z.int().positive(),
      bodyBytes: z.int().positive(),
      frameBytes: z.int().positive().meta({ description: 'Of one message of a client on the socket.' }),
      idempotencyKeyLength: z.int().positive(),
    }),
    left: limitsLeftSchema,
  })
  .meta({ id: 'Limits' });
export type LimitsAnswer = Immutable<z.infer<typeof limitsAnswerSchema>>;
