/** What a newcomer copies from the documents is good, and the bounds they name are those that hold. */
import { describe, expect, it } from 'vitest';
import { GeneratedDocuments } from '../../../../src/actors/broadcaster/documents/documents.ts';
import { CURL_BLOCK, gettingStarted } from '../../../../src/actors/broadcaster/documents/getting-started.ts';
import type { Operation } from '../../../../src/actors/broadcaster/documents/openapi.ts';
import { ROUTES } from '../../../../src/actors/broadcaster/routes/route-table.ts';
import {
  checkSignInMessage,
  parseSignInMessage,
  SIGN_IN_LIFE_MS_MAX,
} from '../../../../src/actors/session-guard/sign-in-policy.ts';
import { placeBetRequestSchema } from '../../../../src/protocol/api/place-bet-request.ts';

const URL = 'http://127.0.0.1:8080';
const LIFE = `at most ${SIGN_IN_LIFE_MS_MAX / 60_000} minutes after it`;
const page = gettingStarted(URL);
const openApi = new GeneratedDocuments(ROUTES, URL).openApi();

describe('getting started', () => {
  it('names the bounds of a sign-in and of a stake', () => {
    expect(page).toContain(`<code>Expiration Time</code> is required, ${LIFE}`);
    for (const name of ['EIP-55', 'minStakeMicros', 'maxStakeMicros']) expect(page).toContain(name);
  });

  it('shows a bet that has its form once the blanks are filled in', () => {
    const block = new RegExp(`<pre id="${CURL_BLOCK}"><code>([\\s\\S]*?)</code></pre>`).exec(page)?.[1] ?? '';
    const body = /END'\n([\s\S]*?)\nEND/.exec(block.replaceAll('&quot;', '"'))?.[1] ?? '';
    const filled = body.replace(/\b(?:OPENS|CLOSES|LOW|HIGH)\b/g, '5000');
    expect(placeBetRequestSchema.safeParse(JSON.parse(filled)).error?.issues ?? []).toEqual([]);
    expect(body).not.toBe(filled);
  });
});

describe('the example of a sign-in', () => {
  const verify = openApi.paths['/v1/auth/verify']?.['post'] as Operation;
  const exampleOf = (content: Operation['responses'][string]['content']): Record<string, unknown> =>
    Object.values(content ?? {})[0]?.example as Record<string, unknown>;

  it('is a message that would be let in', () => {
    const { message } = exampleOf(verify.requestBody?.content);
    const fields = parseSignInMessage(String(message));
    if (typeof fields === 'string') throw new Error(fields);
    const policy = { origins: [URL], chainIds: [1], statement: fields.statement ?? '' };
    expect(checkSignInMessage(policy, message, Date.parse(fields.issuedAt ?? ''))).toMatchObject({
      ok: true,
    });
    expect(verify.description).toContain(LIFE);
  });

  it('is answered with a token', () => {
    expect(exampleOf(verify.responses['200']?.content)).toMatchObject({ token: expect.any(String) });
  });
});

it('the page sends nobody to a file it does not serve', () => {
  const documents = new GeneratedDocuments(ROUTES, URL);
  expect(Buffer.from(documents.page().body).toString()).not.toMatch(/docs\/[a-z]+\.md/);
  expect(JSON.stringify([documents.openApi(), documents.asyncApi()])).not.toMatch(/docs\/[a-z]+\.md/);
});
