/** What is told of `details`: in the page and in docs/errors.md the same, and true to the code. */
import { readFileSync } from 'node:fs';
import { expect, expectTypeOf, it } from 'vitest';
import {
  CELL_DISABLED_REASONS,
  ERROR_DETAILS,
  SIGN_IN_REASONS,
} from '../../../../src/actors/broadcaster/documents/error-details.ts';
import {
  SIGN_IN_AGE_MS_MAX,
  SIGN_IN_AHEAD_MS_MAX,
  SIGN_IN_LIFE_MS_MAX,
  type SignInRefusal,
} from '../../../../src/actors/session-guard/sign-in-policy.ts';
import { ERRORS } from '../../../../src/protocol/errors.ts';

const MINUTE_MS = 60_000;

it('is word for word what docs/errors.md says', () => {
  const text = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `([A-Z_]+)` \| ([^|]+) \|$/gm)].map(([, name, told]) => [name, told]);
  const told = [ERROR_DETAILS, SIGN_IN_REASONS, CELL_DISABLED_REASONS].flatMap((of) => Object.entries(of));
  expect(rows).toEqual(told);
});

it('comes in the order of the codes', () => {
  const codes = Object.keys(ERRORS).filter((code) => code in ERROR_DETAILS);
  expect(Object.keys(ERROR_DETAILS)).toEqual(codes);
});

it('has every reason a sign-in is refused for, with its bounds', () => {
  expectTypeOf<keyof typeof SIGN_IN_REASONS>().toEqualTypeOf<SignInRefusal>();
  expect(SIGN_IN_REASONS.EXPIRATION).toContain(`${SIGN_IN_LIFE_MS_MAX / MINUTE_MS} minutes`);
  expect(SIGN_IN_REASONS.ISSUED_AT).toContain(`${SIGN_IN_AGE_MS_MAX / MINUTE_MS} minutes`);
  expect(SIGN_IN_REASONS.ISSUED_AT).toContain(`${SIGN_IN_AHEAD_MS_MAX / 1_000} seconds`);
});
