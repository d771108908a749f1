/**
 * The compact form of pushes (compact-frames.ts) as schemas: what stands at which place. For documents and
 * tests; nothing of it runs where frames are sent or read.
 */
import { z } from 'zod';
import { accountSchema } from './account-answers.ts';
import { betViewSchema } from './bet-answers.ts';
import { PUSH_CODES } from './compact-frames.ts';
import type { PushFrame } from './frames.ts';
import { gridSchema, indexTickSchema } from './market-answers.ts';
import { atMs, durationMs, rulesVersion, tickSeq } from './wire-values.ts';

type Places = Readonly<Record<string, z.ZodType>>;

const n = z.int().positive().meta({ description: 'Counts the pushes of this connection: 1, 2, 3 …' });
const pos = z
  .int()
  .positive()
  .nullable()
  .meta({ description: 'Place of the push, for `since`: rises, with gaps; null in a snapshot.' });
const tick = indexTickSchema.shape;
const grid = gridSchema.shape;
const account = accountSchema.shape;

/** After the code, by name. */
const PLACES: Readonly<Record<PushFrame['push'], Places>> = {
  price: {
    ...{ n, seq: tickSeq, atMs: tick.atMs, priceCents: tick.priceCents },
    quality: z.literal([0, 1]).meta({ description: '0 ok, 1 degraded.' }),
    ...{ venues: tick.venues, venueMask: tick.venueMask },
    compositionJump: z.literal([0, 1]).meta({ description: '1: it is one.' }),
  },
  grid: {
    ...{ n, seq: tickSeq, atMs: grid.atMs, priceCents: grid.priceCents, columnMs: grid.columnMs },
    ...{ rowHeightCents: grid.rowHeightCents, columns: grid.columns, rows: grid.rows },
    multipliers: z.array(z.array(z.int().positive().nullable())).meta({
      description: '[column][row] in hundredths: 235 is 2.35; null where the cell takes no bets.',
    }),
    rulesVersion,
  },
  bet: {
    ...{ n, seq: tickSeq },
    event: z.literal([0, 1]).meta({ description: '0 BetAccepted, 1 BetSettled.' }),
    ...{ pos, bet: betViewSchema },
  },
  account: {
    ...{ n, seq: tickSeq, pos, wallet: account.wallet, balanceMicros: account.balanceMicros },
    ...{ stakedMicros: account.stakedMicros, openBets: account.openBets },
  },
  heartbeat: { n, seq: tickSeq, atMs },
  'signed-out': { n, seq: tickSeq },
  shutdown: { n, seq: tickSeq, reconnectAfterMs: durationMs },
};

/** Names of the places of a push, the code's included. */
export const compactPlaces = (push: PushFrame['push']): readonly string[] => [
  'code',
  ...Object.keys(PLACES[push]),
];

/** The array of a push. Each place is titled with its name. */
export function compactSchema(push: PushFrame['push']): z.ZodType {
  const code = z.literal(PUSH_CODES[push]).meta({ title: 'code' });
  const places = Object.entries(PLACES[push]).map(([name, schema]) => schema.meta({ title: name }));
  return z.tuple([code, ...places]);
}

export const PUSH_NAMES = Object.keys(PUSH_CODES) as readonly PushFrame['push'][];
