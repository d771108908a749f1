/** Views that have a type of their own inside the system are what their schemas say, to the letter. */
import { expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import type { Proof } from '../../src/domain/proof/proof.ts';
import type { SignedCheckpoint } from '../../src/domain/proof/signed-statements.ts';
import type { IndexTick } from '../../src/domain/tick.ts';
import type { accountSchema, selfLimitsAnswerSchema } from '../../src/protocol/api/account-answers.ts';
import type {
  betViewSchema,
  proofAnswerSchema,
  signedCheckpointSchema,
} from '../../src/protocol/api/bet-answers.ts';
import type { publicErrorSchema } from '../../src/protocol/api/error-answer.ts';
import type {
  calibrationAnswerSchema,
  indexTickSchema,
  ledgerAnswerSchema,
} from '../../src/protocol/api/market-answers.ts';
import type { Immutable } from '../../src/protocol/api/wire-values.ts';
import type { AccountView, BetView } from '../../src/protocol/bet-view.ts';
import type { CalibrationReport } from '../../src/protocol/calibration-report.ts';
import type { PublicError } from '../../src/protocol/errors.ts';
import type { LedgerSummary } from '../../src/protocol/letters/resolver.ts';
import type { SelfLimitsView } from '../../src/protocol/self-limits.ts';

type Shown<S extends z.ZodType> = Immutable<z.output<S>>;
/** On the wire a price is a number like any other. */
type Plain<T> = { [K in keyof T]: T[K] extends number ? number : T[K] };
/** Readable as the other, field by field, and the other as it. */
type Same<A, B> = [A, keyof A] extends [B, keyof B]
  ? [B, keyof B] extends [A, keyof A]
    ? true
    : false
  : false;

it('no field is missing, and none is more', () => {
  expectTypeOf<Same<Shown<typeof betViewSchema>, BetView>>().toEqualTypeOf<true>();
  expectTypeOf<Same<Shown<typeof accountSchema>, AccountView>>().toEqualTypeOf<true>();
  expectTypeOf<Same<Shown<typeof ledgerAnswerSchema>, LedgerSummary>>().toEqualTypeOf<true>();
  expectTypeOf<Same<Shown<typeof calibrationAnswerSchema>, CalibrationReport>>().toEqualTypeOf<true>();
  expectTypeOf<Same<Shown<typeof selfLimitsAnswerSchema>, SelfLimitsView>>().toEqualTypeOf<true>();
  expectTypeOf<Same<Shown<typeof signedCheckpointSchema>, SignedCheckpoint>>().toEqualTypeOf<true>();
  expectTypeOf<Same<Shown<typeof proofAnswerSchema>, Proof>>().toEqualTypeOf<true>();
  expectTypeOf<Same<Shown<typeof publicErrorSchema>, PublicError>>().toEqualTypeOf<true>();
  expectTypeOf<Same<Plain<Shown<typeof indexTickSchema>>, Plain<IndexTick>>>().toEqualTypeOf<true>();
});
