import { describe, expect, it } from 'vitest';
import { cookieToken } from '../../../../src/actors/broadcaster/front-door/session-cookie.ts';
import { done } from '../../../../src/protocol/errors.ts';
import {
  accountView,
  type BroadcasterFixture,
  bearer,
  errorCode,
  json,
  startBroadcaster,
} from '../../../support/broadcaster-fixture.ts';

const HTTPS = 'https://touchline.example';
const HTTP = 'http://127.0.0.1:8080';
const VERIFY = {
  method: 'POST',
  path: '/v1/auth/verify',
  body: { message: 'signed', signature: `0x${'1b'.repeat(65)}` },
};
const SIGN_OUT = { method: 'POST', path: '/v1/auth/signout' };
const ours = (origin: string) => ({ origin, 'x-touchline-request': '1' });

async function verify(broadcaster: BroadcasterFixture & { asking: Asking }, headers: Record<string, string>) {
  const session = broadcaster.signIn();
  const answered = await broadcaster.asking({ ...VERIFY, headers }, () =>
    broadcaster.guard.reply(done(session)),
  );
  return { ...session, answered };
}
type Asking = Awaited<ReturnType<typeof startBroadcaster>>['asking'];

describe('a session in a cookie', () => {
  it.each([
    [HTTPS, '__Host-touchline', '; Secure'],
    [HTTP, 'touchline', ''],
  ])('of %s is %s, which no script can read, and no answer shows the token', async (origin, name, secure) => {
    const broadcaster = await startBroadcaster({ origins: [origin] });
    const headers = { ...ours(origin), 'x-touchline-session': 'cookie' };
    const { token, wallet, answered } = await verify(broadcaster, headers);
    expect(answered.status).toBe(200);
    expect(answered.headers['Set-Cookie']).toBe(
      `${name}=${token}; Max-Age=86400; Path=/; HttpOnly; SameSite=Strict${secure}`,
    );
    expect(json(answered)).not.toHaveProperty('token');
    expect(json(answered)).toMatchObject({ wallet });
    expect(Buffer.from(answered.body).toString()).not.toContain(token);
  });

  it('is asked for by a header; a program gets its token and no cookie', async () => {
    const broadcaster = await startBroadcaster();
    const { token, answered } = await verify(broadcaster, {});
    expect(json(answered)).toMatchObject({ token });
    expect(answered.headers).not.toHaveProperty('Set-Cookie');
  });

  it.each([
    ['no origin', { 'x-touchline-request': '1' }, 'Origin'],
    ['a foreign origin', { ...ours('https://evil.example') }, 'Origin'],
    ['the origin null', { ...ours('null') }, 'Origin'],
    ['no header of ours', { origin: HTTP }, 'X-Touchline-Request'],
  ])('is not made with %s, and the signature is not looked at', async (_what, headers, field) => {
    const broadcaster = await startBroadcaster();
    const answered = await broadcaster.server.request({
      ...VERIFY,
      headers: { ...headers, 'x-touchline-session': 'cookie' },
    });
    expect(answered.status).toBe(403);
    expect(json(answered)).toMatchObject({ error: { code: 'ORIGIN_REFUSED', details: { field } } });
    expect(broadcaster.guard.letters).toEqual([]);
  });

  it('reads with nothing else, and writes only from our page on purpose', async () => {
    const broadcaster = await startBroadcaster();
    const { token, wallet } = broadcaster.signIn();
    const cookie = `a=b; touchline=${token}; c=d`;
    await broadcaster.knowMarket();
    const read = await broadcaster.asking({ path: '/v1/account', headers: { cookie } }, () =>
      broadcaster.resolver.reply(done(accountView(wallet))),
    );
    expect(read.status).toBe(200);
    for (const headers of [
      { cookie },
      { cookie, origin: HTTP },
      { cookie, ...ours('https://evil.example') },
      { cookie, 'x-touchline-request': '1' },
    ])
      expect(errorCode(await broadcaster.server.request({ ...SIGN_OUT, headers }))).toBe('ORIGIN_REFUSED');
    const out = await broadcaster.asking({ ...SIGN_OUT, headers: { cookie, ...ours(HTTP) } }, () =>
      broadcaster.guard.reply(done({ wallet })),
    );
    expect(out.status).toBe(200);
    expect(out.headers['Set-Cookie']).toMatch(/^touchline=; Max-Age=0; Path=\/; HttpOnly; SameSite=Strict$/);
  });

  it('gives way to a token in the request, which needs no more', async () => {
    const broadcaster = await startBroadcaster();
    const { token, wallet } = broadcaster.signIn();
    const headers = { ...bearer(token), cookie: 'touchline=other' };
    const out = await broadcaster.asking({ ...SIGN_OUT, headers }, () =>
      broadcaster.guard.reply(done({ wallet })),
    );
    expect(out.status).toBe(200);
    expect(out.headers).not.toHaveProperty('Set-Cookie');
  });

  it('signs a socket in together with an Origin of ours, never without', async () => {
    const broadcaster = await startBroadcaster();
    const { token, wallet } = broadcaster.signIn();
    const cookie = `touchline=${token}`;
    const page = broadcaster.connect({ origin: HTTP, headers: { cookie } });
    await broadcaster.system.idle();
    expect(page.take()).toMatchObject([{ ack: 'auth', wallet }]);
    const program = broadcaster.connect({ headers: { cookie } });
    await broadcaster.system.idle();
    expect(program.take()).toEqual([]);
    expect(() => broadcaster.connect({ origin: 'https://evil.example', headers: { cookie } })).toThrow('403');
    expect(() => broadcaster.connect({ origin: 'null', headers: { cookie } })).toThrow('403');
  });
});

describe('a cookie that is not ours', () => {
  it.each([
    ['the plain name, which a subdomain could set, over https', [HTTPS], 'touchline=abc'],
    ['the name of https over http', [HTTP], '__Host-touchline=abc'],
    ['another name', [HTTP], 'xtouchline=abc'],
    ['a value no token has', [HTTP], 'touchline=a b'],
    ['no value', [HTTP], 'touchline='],
    ['a token of 300 characters', [HTTP], `touchline=${'a'.repeat(300)}`],
  ])('is no session: %s', (_what, origins, cookie) => {
    expect(cookieToken({ cookie }, origins)).toBeUndefined();
  });
});
