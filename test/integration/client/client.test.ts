/** The client and the real system, whose process and sessions come and go. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import {
  type Client,
  createClient,
  type LiveTick,
  type SignInWallet,
  throwAwayWallet,
} from '../../../src/client/index.ts';
import { placeOneBet, until } from '../../support/player.ts';
import { type RunningSystem, startSystem } from '../../support/system.ts';

let system: RunningSystem;
beforeAll(async () => {
  system = await startSystem({ env: { BROADCASTER_THREADS: '2' } });
});
afterAll(() => system.stop());

function clientOf(wallet: SignInWallet): Client {
  const backoff = { baseMs: 50, capMs: 500 };
  const client = createClient({ baseUrl: system.url, wallet, format: 'msgpack', backoff });
  onTestFinished(() => client.close());
  return client;
}

test('loops outlive the process of the server', async () => {
  const wallet = await throwAwayWallet();
  const client = clientOf(wallet);
  const ticks: LiveTick[] = [];
  const watching = (async () => {
    for await (const tick of client.prices()) ticks.push(tick);
  })();
  const ticksBeyond = (count: number) =>
    until(
      async () => ticks.length,
      (length) => length > count,
    );
  const results = client.results();
  const bet = await placeOneBet({ client: client.http, address: await client.signIn(), wallet });
  await ticksBeyond(5);
  await system.kill();
  const ticksBefore = ticks.length;
  await system.restart();
  const { value: result } = await results.next();
  expect(result).toMatchObject({ id: bet.id, status: expect.stringMatching(/won|lost|void/) });
  await ticksBeyond(ticksBefore + 5);
  const { balanceMicros } = await client.account();
  for await (const account of client.accounts()) if (account.balanceMicros === balanceMicros) break;
  client.close();
  await watching;
  for (const [i, { seq, gap }] of ticks.entries())
    if (i > 0 && gap?.reason !== 'new-line')
      expect(seq).toBe((ticks[i - 1]?.seq ?? 0) + 1 + (gap?.missed ?? 0));
});

test('a session that is ended from elsewhere is renewed, and the next result comes', async () => {
  const wallet = await throwAwayWallet();
  const client = clientOf(wallet);
  let signIns = 0;
  client.on('authenticated', () => {
    signIns += 1;
  });
  const signedIn = (times: number) =>
    until(
      async () => signIns,
      (count) => count === times,
    );
  const results = client.results();
  await signedIn(1);
  const address = await clientOf(wallet).signIn();
  await signedIn(2);
  const bet = await placeOneBet({ client: client.http, address, wallet });
  expect((await results.next()).value?.id).toBe(bet.id);
});
