import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERRORS, isErrorCode, publicError } from '../../src/protocol/errors.ts';

const documented = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const match = /^\| `([A-Z_]+)` \| (\d{3}) \| (yes|no) \| (.+) \|$/.exec(line);
    return match
      ? [{ code: match[1], status: Number(match[2]), retryable: match[3] === 'yes', message: match[4] }]
      : [];
  });

describe('error registry', () => {
  it('lists exactly what docs/errors.md lists, word for word', () => {
    expect(documented).toEqual(Object.entries(ERRORS).map(([code, row]) => ({ code, ...row })));
  });

  it('uses 503 or 429 for whatever a client may simply repeat, and 500 only for our own faults', () => {
    for (const [code, { status, retryable }] of Object.entries(ERRORS)) {
      expect([code, retryable]).toEqual([code, [429, 500, 503].includes(status)]);
    }
  });

  it('knows its codes and nothing else', () => {
    expect(isErrorCode('QUOTE_MOVED')).toBe(true);
    expect(isErrorCode('toString')).toBe(false);
    expect(publicError('MALFORMED', { field: 'x' })).toMatchObject({
      code: 'MALFORMED',
      details: { field: 'x' },
    });
  });
});
