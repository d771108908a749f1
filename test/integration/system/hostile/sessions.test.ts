/** Tokens that must not count, and more bets than a wallet may place in a minute. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenHash } from '../../../../src/protocol/session-token.ts';
import { type Answer, callOnce, expectError } from '../../../support/http-call.ts';
import { createPlayer, type Player } from '../../../support/player.ts';
import { type Siege, startSiege, steadyBets } from '../../../support/siege.ts';

const BETS_PER_MINUTE = 3;

let siege: Siege;
let other: Player;
beforeAll(async () => {
  siege = await startSiege({ BETS_PER_MINUTE: String(BETS_PER_MINUTE) });
  other = await createPlayer(siege.system.url);
});
afterAll(() => siege.end());

const tokenOf = (player: Player): string => player.client.token ?? '';
const secretOf = (player: Player): string => tokenOf(player).split('.')[1] ?? '';

async function endedToken(): Promise<string> {
  const { client } = await createPlayer(siege.system.url);
  const token = client.token ?? '';
  await client.signOut();
  return token;
}

async function replacedToken(): Promise<string> {
  const { client, wallet } = await createPlayer(siege.system.url);
  const token = client.token ?? '';
  await client.signIn(wallet);
  return token;
}

describe('a token', () => {
  const WRONG_TOKENS: readonly (readonly [string, () => string | Promise<string>])[] = [
    ['that is empty', () => ''],
    ['that is a word', () => 'admin'],
    ['that is only the wallet', () => siege.player.address],
    ['that is only the secret', () => secretOf(siege.player)],
    ['without its end', () => tokenOf(siege.player).slice(0, -1)],
    ['with a longer end', () => `${tokenOf(siege.player)}A`],
    ['with its last two letters swapped', () => `${tokenOf(siege.player).slice(0, -2)}-_`],
    ["with another wallet's name", () => `${other.address}.${secretOf(siege.player)}`],
    ["with another wallet's secret", () => `${siege.player.address}.${secretOf(other)}`],
    [
      'with the wallet in upper case',
      () => tokenOf(siege.player).replace(/^0x\w+/, (hex) => hex.toUpperCase()),
    ],
    ['with a wallet nobody has', () => `0x${'0'.repeat(40)}.${secretOf(siege.player)}`],
    ['that is the hash we keep', () => tokenHash(tokenOf(siege.player))],
    [
      'with the hash for a secret',
      () => `${siege.player.address}.${tokenHash(tokenOf(siege.player)).slice(0, 43)}`,
    ],
    ['with a pattern in it', () => `${siege.player.address}.*`],
    ['of 2 KB', () => 'A'.repeat(2_000)],
    ['that was signed out', endedToken],
    ['that a newer sign-in replaced', replacedToken],
  ];

  it.each(WRONG_TOKENS)('%s opens nothing', async (_name, make) => {
    const token = await make();
    const [bet] = await steadyBets(siege.player, 1);
    await siege.withoutEffect(async () => {
      for (const answer of await everyDoor({ authorization: `Bearer ${token}` }, bet))
        expectError(answer, 'UNAUTHENTICATED');
      const socket = await siege.socket();
      // A token that no session ever had the size of is no token to the protocol.
      const code = token.length > 256 ? 'MALFORMED' : 'UNAUTHENTICATED';
      expect(await socket.ask({ op: 'auth', token, id: 1 })).toMatchObject({ ack: 'error', error: { code } });
      expect(await socket.ask({ op: 'place', idempotencyKey: 'k', bet, id: 2 })).toMatchObject({
        ack: 'error',
        error: { code: 'UNAUTHENTICATED' },
      });
      socket.socket.terminate();
    });
  });

  it.each([
    ['missing', () => ({})],
    ['of another scheme', () => ({ authorization: `Basic ${tokenOf(siege.player)}` })],
    ['without a scheme', () => ({ authorization: tokenOf(siege.player) })],
    ['followed by another', () => ({ authorization: `Bearer ${tokenOf(siege.player)}, Bearer x` })],
    ['in a cookie', () => ({ cookie: `token=${tokenOf(siege.player)}` })],
  ])('%s opens nothing', async (_name, headers) => {
    const [bet] = await steadyBets(siege.player, 1);
    await siege.withoutEffect(async () => {
      for (const answer of await everyDoor(headers(), bet)) expectError(answer, 'UNAUTHENTICATED');
    });
  });

  it('on an open socket is worth nothing once it is signed out', async () => {
    const { client } = await createPlayer(siege.system.url);
    const socket = await siege.socket();
    await socket.ask({ op: 'auth', token: client.token, id: 1 });
    await client.signOut();
    await socket.frame(({ push }) => push === 'signed-out');
    const [bet] = await steadyBets(siege.player, 1);
    await siege.withoutEffect(async () => {
      expect(await socket.ask({ op: 'place', idempotencyKey: 'k', bet, id: 2 })).toMatchObject({
        error: { code: 'UNAUTHENTICATED' },
      });
    });
    socket.socket.terminate();
  });

  const everyDoor = (headers: Readonly<Record<string, string>>, bet: unknown): Promise<Answer[]> =>
    Promise.all([
      siege.call('/v1/account', { headers }),
      siege.call('/v1/bets', { headers }),
      siege.call('/v1/bets/bet_1', { headers }),
      siege.call('/v1/bets', { body: bet as object, headers: { ...headers, 'idempotency-key': 'k' } }),
      siege.call('/v1/auth/signout', { method: 'POST', headers }),
    ]);
});

describe('the limit of bets per minute', () => {
  it('refuses the rest, says when to come again, and leaves everybody else alone', async () => {
    const bets = await steadyBets(siege.player, 20, '100000');
    const place = (bet: object, key: string, by = siege.asPlayer): Promise<Answer> =>
      // Once: a repetition counts as well.
      callOnce(`${siege.system.url}/v1/bets`, { body: bet, headers: { ...by, 'idempotency-key': key } });
    const answers = await Promise.all(bets.map((bet, i) => place(bet, `limit-${i}`)));
    const limited = answers.filter(({ status }) => status === 429);
    expect(limited).toHaveLength(bets.length - BETS_PER_MINUTE);
    for (const answer of limited) {
      expectError(answer, 'RATE_LIMITED');
      const seconds = Number(answer.headers.get('retry-after'));
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThanOrEqual(60);
    }
    await siege.withoutEffect(async () => {
      const [first, ...rest] = bets;
      for (const bet of rest) expectError(await place(bet, 'another'), 'RATE_LIMITED');
      const socket = await siege.socket({ subprotocol: 'msgpack' });
      await socket.ask({ op: 'auth', token: tokenOf(siege.player), id: 1 });
      expect(await socket.ask({ op: 'place', idempotencyKey: 'ws', bet: first, id: 2 })).toMatchObject({
        error: { code: 'RATE_LIMITED', retryable: true, details: { retryAfterSeconds: expect.any(Number) } },
      });
      socket.socket.terminate();
    });
    const [bet = {}] = await steadyBets(other, 1);
    const placed = await place(bet, 'mine', { authorization: `Bearer ${tokenOf(other)}` });
    expect(placed.status).not.toBe(429);
  });
});
