import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CLIENT_ERRORS, clientError, errorFromWire } from '../../src/client/touchline-error.ts';

test("docs/client.md lists exactly the client's own codes", () => {
  const page = readFileSync(new URL('../../docs/client.md', import.meta.url), 'utf8');
  const [, section = ''] = /## Errors\n([\s\S]*?)\n## /.exec(page) ?? [];
  const listed = [...section.matchAll(/^\| `([A-Z_]+)` \| (yes|no|if 5xx) \|/gm)];
  expect(listed.map(([, code]) => code).sort()).toEqual(Object.keys(CLIENT_ERRORS).sort());
  for (const [, code = '', retryable] of listed)
    expect(CLIENT_ERRORS[code as keyof typeof CLIENT_ERRORS].retryable).toBe(retryable === 'yes');
});

test('an error with more details is otherwise the same', () => {
  const error = errorFromWire({ code: 'RATE_LIMITED', details: { retryAfterSeconds: 3 } }, 429);
  expect(error.with({ idempotencyKey: 'k' })).toMatchObject({
    ...error,
    message: error.message,
    details: { retryAfterSeconds: 3, idempotencyKey: 'k' },
  });
  expect(clientError('TIMED_OUT').with({ a: 1 })).toMatchObject({ code: 'TIMED_OUT', retryable: true });
});
