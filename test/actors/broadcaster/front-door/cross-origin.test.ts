import { describe, expect, it } from 'vitest';
import { errorCode, json, startBroadcaster } from '../../../support/broadcaster-fixture.ts';

const OURS = 'http://127.0.0.1:8080';

describe('pages of other origins', () => {
  it('that are configured may call, and read what they were answered', async () => {
    const { server } = await startBroadcaster();
    const { headers } = await server.request({ path: '/v1/time', headers: { origin: OURS } });
    expect(headers).toMatchObject({
      'Access-Control-Allow-Origin': OURS,
      'Access-Control-Allow-Credentials': 'true',
      'Access-Control-Expose-Headers': expect.stringContaining('Retry-After'),
    });
    expect(headers['Vary']).toContain('Origin');
  });

  it.each(['https://evil.example', 'null', `${OURS}.evil.example`, 'http://127.0.0.1:80801', ''])(
    'that are not (%s) may read nothing, and caches are told',
    async (origin) => {
      const { server } = await startBroadcaster();
      const { headers } = await server.request({ path: '/v1/time', headers: { origin } });
      expect(Object.keys(headers).filter((name) => name.startsWith('Access-Control'))).toEqual([]);
      expect(headers['Vary']).toContain('Origin');
    },
  );

  it('ask first, and are told methods and headers, before any limit', async () => {
    const { server } = await startBroadcaster();
    const preflight = { method: 'OPTIONS', path: '/v1/bets' };
    const headers = { origin: OURS, 'access-control-request-method': 'POST' };
    const { status, headers: told } = await server.request({ ...preflight, headers });
    expect(status).toBe(204);
    expect(told).toMatchObject({
      'Access-Control-Allow-Origin': OURS,
      'Access-Control-Allow-Methods': 'GET, HEAD, POST',
      'Access-Control-Allow-Headers': expect.stringContaining('Idempotency-Key'),
      'Access-Control-Max-Age': '600',
    });
    expect(told).not.toHaveProperty('RateLimit-Limit');
    const foreign = await server.request({
      ...preflight,
      headers: { ...headers, origin: 'https://evil.example' },
    });
    expect(foreign.headers).not.toHaveProperty('Access-Control-Allow-Origin');
    expect(foreign.headers).not.toHaveProperty('Access-Control-Allow-Methods');
  });
});

describe('header fields that keep browsers safe', () => {
  const EVERYWHERE = {
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Resource-Policy': 'same-origin',
  };
  it.each(['/v1/time', '/v1/bets', '/docs', '/', '/no-such-thing', '/openapi.json', '/v1/ws'])(
    'are on what is answered at %s',
    async (path) => {
      const { server } = await startBroadcaster();
      const { headers } = await server.request({ path });
      expect(headers).toMatchObject(EVERYWHERE);
      expect(headers['Content-Security-Policy']).toContain("default-src 'none'");
      expect(headers['Content-Security-Policy']).toContain("frame-ancestors 'none'");
      expect(headers['Cross-Origin-Opener-Policy']).toMatch(/^same-origin/);
      expect(headers).not.toHaveProperty('Strict-Transport-Security');
    },
  );

  it('say "only https" where players use nothing else', async () => {
    const { server } = await startBroadcaster({ origins: ['https://touchline.example'] });
    const { headers } = await server.request({ path: '/v1/time' });
    expect(headers['Strict-Transport-Security']).toBe('max-age=63072000');
  });

  it('are on a handshake that is refused', async () => {
    const broadcaster = await startBroadcaster();
    try {
      broadcaster.server.connect({ origin: 'https://evil.example' });
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ response: { status: 403, headers: EVERYWHERE } });
    }
  });
});

describe('what a sign-in must name', () => {
  const origins = ['https://touchline.example', 'https://www.touchline.example'];
  const signIn = {
    domain: 'touchline.example',
    uri: 'https://touchline.example',
    chainIds: [1],
    statement: 'Sign in to play.',
  };
  it.each([
    [{ origin: origins[1] ?? '' }, 'www.touchline.example'],
    [{ host: 'www.touchline.example' }, 'www.touchline.example'],
    [{ origin: origins[0] ?? '', host: 'www.touchline.example' }, 'touchline.example'],
    [{ origin: 'https://evil.example', host: 'evil.example' }, 'touchline.example'],
    [{}, 'touchline.example'],
  ])('for %j is %s', async (headers, domain) => {
    const { server } = await startBroadcaster({ origins, signIn });
    const answered = await server.request({ path: '/v1/status', headers });
    expect(json(answered)).toMatchObject({ signIn: { domain, uri: `https://${domain}` } });
  });
});

describe('limits of an address', () => {
  const remoteAddress = '203.0.113.9';
  const read = { path: '/v1/time', remoteAddress };

  it('are told with every answer, and end in 429 with the time to wait', async () => {
    const { server, system } = await startBroadcaster();
    const { headers } = await server.request(read);
    expect(headers).toMatchObject({
      'RateLimit-Limit': '100',
      'RateLimit-Remaining': '99',
      'RateLimit-Reset': '1',
    });
    for (let asked = 1; asked < 100; asked += 1) await server.request(read);
    const refused = await server.request({ ...read, headers: { origin: OURS } });
    expect(refused.status).toBe(429);
    expect(errorCode(refused)).toBe('RATE_LIMITED');
    expect(refused.headers).toMatchObject({
      'Retry-After': '1',
      'RateLimit-Remaining': '0',
      'Access-Control-Allow-Origin': OURS,
    });
    expect((await server.request({ ...read, remoteAddress: '203.0.113.10' })).status).toBe(200);
    await system.advance(1_000);
    expect((await server.request(read)).status).toBe(200);
  });

  it('are those of the client behind a trusted proxy, and nobody’s for this machine', async () => {
    const { server } = await startBroadcaster();
    const viaProxy = (client: string) =>
      server.request({ path: '/v1/time', remoteAddress: '10.0.0.1', headers: { 'x-forwarded-for': client } });
    for (let asked = 0; asked < 100; asked += 1) await viaProxy(`6.6.6.${asked}, 198.51.100.1`);
    expect((await viaProxy('198.51.100.1')).status).toBe(429);
    expect((await viaProxy('198.51.100.2')).status).toBe(200);
    for (let asked = 0; asked < 200; asked += 1) await server.request({ path: '/v1/time' });
    expect((await server.request({ path: '/v1/time' })).headers['RateLimit-Remaining']).toBe('100');
  });

  it('weigh a sign-in twenty times a read, a nonce five times', async () => {
    const { server, guard, system } = await startBroadcaster();
    const verify = { method: 'POST', path: '/v1/auth/verify', remoteAddress, body: {} };
    const left = async (request: Parameters<typeof server.request>[0]) => {
      const answering = server.request(request);
      await system.idle();
      return (await answering).headers['RateLimit-Remaining'];
    };
    expect(await left(verify)).toBe('80');
    expect(await left({ ...verify, path: '/v1/bets' })).toBe('75');
    expect(await left({ ...verify, path: '/v1/bets/batch' })).toBe('55');
    for (const _ of [1, 2]) await left(verify);
    expect(errorCode(await server.request(verify))).toBe('RATE_LIMITED');
    expect(guard.letters).toEqual([]);
  });

  it('hold for its sockets: as many as it may have, and handshakes cost', async () => {
    const broadcaster = await startBroadcaster();
    const sockets = [1, 2, 3].map(() => broadcaster.server.connect({ remoteAddress }));
    expect(() => broadcaster.server.connect({ remoteAddress })).toThrow('503');
    expect(() => broadcaster.server.connect({ remoteAddress: '203.0.113.8' })).not.toThrow();
    sockets[0]?.end();
    expect(() => broadcaster.server.connect({ remoteAddress })).not.toThrow();
    for (let asked = 0; asked < 16; asked += 1)
      broadcaster.server.connect({ remoteAddress: '203.0.113.7' }).end();
    expect(() => {
      for (let asked = 0; asked < 5; asked += 1)
        broadcaster.server.connect({ remoteAddress: '203.0.113.7' }).end();
    }).toThrow('429');
  });

  it('let in so many handshakes a second from everywhere, without this machine', async () => {
    const { server } = await startBroadcaster({ connectionsMax: 1_000 });
    const connect = (index: number) => server.connect({ remoteAddress: `198.51.100.${index}` });
    for (let index = 0; index < 100; index += 1) connect(index);
    expect(() => connect(101)).toThrow('429');
    expect(() => server.connect()).not.toThrow();
  });

  it('hold for a wallet, wherever its sockets come from', async () => {
    const broadcaster = await startBroadcaster();
    const { token } = broadcaster.signIn();
    const answers: unknown[] = [];
    for (let index = 0; index < 6; index += 1) {
      const client = broadcaster.connect();
      await client.send({ op: 'auth', token });
      answers.push(...client.take());
    }
    expect(answers.slice(0, 5).every((answer) => (answer as { ack: string }).ack === 'auth')).toBe(true);
    expect(answers[5]).toMatchObject({ ack: 'error', error: { code: 'TOO_MANY_CONNECTIONS' } });
  });
});
