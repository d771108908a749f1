import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { RECENT_TICKS_MAX } from '../../../src/actors/broadcaster/recent-ticks.ts';
import { done } from '../../../src/protocol/errors.ts';
import {
  accepted,
  type BroadcasterFixture,
  FEED,
  type FrameClient,
  MARKET,
  startBroadcaster,
} from '../../support/broadcaster-fixture.ts';
import { tickAt } from '../../support/market.ts';

type Frame = Record<string, unknown>;
type Since = { readonly epoch: string; readonly seq: number };

let broadcaster: BroadcasterFixture;

beforeEach(async () => {
  broadcaster = await startBroadcaster();
  await broadcaster.knowMarket();
});

const subscribed = async (client: FrameClient, channels: readonly string[], since?: Since) => {
  await client.send({ op: 'subscribe', channels, ...(since && { since }) });
  const [ack, ...pushes] = client.take();
  return { ack, pushes };
};

const seqs = (frames: readonly Frame[]): unknown[] => frames.map(({ seq }) => seq);

describe('prices from where a client was', () => {
  it('says where a subscription begins', async () => {
    await broadcaster.tick(4);
    const { ack } = await subscribed(broadcaster.connect(), ['price']);
    expect(ack).toMatchObject({ ack: 'subscribe', epoch: FEED.id, seq: 4 });
    expect(ack).not.toHaveProperty('recovered');
  });

  it('are exactly the ticks after it, then live, and no snapshot', async () => {
    for (const seq of [4, 5, 6, 7]) await broadcaster.tick(seq);
    const client = broadcaster.connect();
    const { ack, pushes } = await subscribed(client, ['price'], { epoch: FEED.id, seq: 5 });
    expect(ack).toMatchObject({ recovered: true, seq: 7 });
    await broadcaster.tick(8);
    expect(seqs([...pushes, ...client.take()])).toEqual([6, 7, 8]);
    const upToDate = await subscribed(broadcaster.connect(), ['price'], { epoch: FEED.id, seq: 8 });
    expect(upToDate).toMatchObject({ ack: { recovered: true }, pushes: [] });
  });

  it.each([
    ['before what is kept', { epoch: FEED.id, seq: 2 }],
    ['of another numbering', { epoch: 'another', seq: 5 }],
    ['ahead of all ticks', { epoch: FEED.id, seq: 99 }],
  ])('%s begin anew, and say so', async (_, since) => {
    for (const seq of [4, 5, 6]) await broadcaster.tick(seq);
    const { ack, pushes } = await subscribed(broadcaster.connect(), ['price'], since);
    expect(ack).toMatchObject({ recovered: false, epoch: FEED.id, seq: 6 });
    expect(seqs(pushes)).toEqual([6]);
  });

  it('go on over a feed that begins anew, up to where it took ticks back', async () => {
    const [first, second] = [FEED, { id: 'line-2', fromSeq: 6 }];
    for (const seq of [4, 5, 6, 7]) await broadcaster.tick(seq, {}, first);
    // Ticks 6 and 7 were shown and never recorded: the next life of the feed uses their numbers again.
    for (const seq of [6, 7, 8]) await broadcaster.tick(seq, { atMs: tickAt(seq + 10).atMs }, second);
    const since = (epoch: string, seq: number) =>
      subscribed(broadcaster.connect(), ['price'], { epoch, seq });
    expect((await since(first.id, 6)).ack).toMatchObject({ recovered: false, epoch: second.id, seq: 8 });
    expect((await since(first.id, 5)).pushes).toMatchObject([{ seq: 6 }, { seq: 7 }, { seq: 8 }]);
    expect((await since(second.id, 7)).ack).toMatchObject({ recovered: true });
    // Here nothing was taken back.
    await broadcaster.tick(9, { atMs: tickAt(30).atMs }, { id: 'line-3', fromSeq: 9 });
    const over = await since(second.id, 7);
    expect(over.ack).toMatchObject({ recovered: true, epoch: 'line-3', seq: 9 });
    expect(seqs(over.pushes)).toEqual([8, 9]);
  });

  it('never lead over a hole: what is kept begins after it', async () => {
    for (const seq of [4, 5, 8, 9]) await broadcaster.tick(seq);
    const over = await subscribed(broadcaster.connect(), ['price'], { epoch: FEED.id, seq: 5 });
    expect(over.ack).toMatchObject({ recovered: false });
    const behind = await subscribed(broadcaster.connect(), ['price'], { epoch: FEED.id, seq: 8 });
    expect(behind).toMatchObject({ ack: { recovered: true }, pushes: [{ seq: 9 }] });
  });

  it('are filled in from the recorded ticks after a hole or a start', async () => {
    const { system, history } = broadcaster;
    await broadcaster.tick(50);
    // A heartbeat later the rest is asked for again.
    await system.advance(5_000);
    expect(history.letters.at(-1)).toMatchObject({ type: 'ReadTicks', body: { limit: RECENT_TICKS_MAX } });
    history.reply(done({ ticks: [40, 47, 48, 49, 50].map((seq) => tickAt(seq)), more: false }));
    await system.idle();
    const { ack, pushes } = await subscribed(broadcaster.connect(), ['price'], { epoch: FEED.id, seq: 46 });
    expect(ack).toMatchObject({ recovered: true });
    expect(seqs(pushes)).toEqual([47, 48, 49, 50]);
    const older = await subscribed(broadcaster.connect(), ['price'], { epoch: FEED.id, seq: 45 });
    expect(older.ack).toMatchObject({ recovered: false });
  });

  it('come at the pace of a slow reader, whole, before what is live', async () => {
    for (let seq = 1; seq <= 300; seq += 1) await broadcaster.tick(seq);
    const client = broadcaster.connect();
    client.socket.stall();
    await client.send({ op: 'subscribe', channels: ['price'], since: { epoch: FEED.id, seq: 0 } });
    for (let seq = 301; seq <= 310; seq += 1) await broadcaster.tick(seq);
    client.socket.resume();
    await broadcaster.system.idle();
    const ticks = client.take().filter(({ push }) => push === 'price');
    expect(seqs(ticks)).toEqual(Array.from({ length: 310 }, (_, index) => index + 1));
    expect(ticks.map(({ n }) => n)).toEqual(ticks.map((_, index) => index + 1));
  });
});

describe('events of a wallet from where a client was', () => {
  const wallet = () => broadcaster.signIn();

  async function listening(token: string, channels: readonly string[], since?: Since) {
    const client = broadcaster.connect();
    await client.send({ op: 'auth', token });
    client.take();
    return { client, ...(await subscribed(client, channels, since)) };
  }

  it('are exactly those after it, without a snapshot', async () => {
    const { token, wallet: mine } = wallet();
    await broadcaster.event(accepted(mine, 'bet_1'));
    await broadcaster.event(accepted(`0x${'9'.repeat(40)}`, 'bet_2'));
    const first = await listening(token, ['bets', 'account']);
    const { epoch, seq } = first.ack as unknown as Since;
    first.client.socket.end();
    await broadcaster.event(accepted(mine, 'bet_3'));
    await broadcaster.event(accepted(`0x${'9'.repeat(40)}`, 'bet_4'));
    await broadcaster.event(accepted(mine, 'bet_5'));
    const letters = broadcaster.resolver.letters.length;
    const again = await listening(token, ['bets', 'account'], { epoch, seq });
    expect(again.ack).toMatchObject({ recovered: true });
    expect(again.pushes.map(({ push, bet }) => [push, (bet as Frame | undefined)?.['id']])).toEqual([
      ['bet', 'bet_3'],
      ['account', undefined],
      ['bet', 'bet_5'],
      ['account', undefined],
    ]);
    expect(broadcaster.resolver.letters.length).toBe(letters);
    // A connection may end between the two pushes of one event.
    const cut = await listening(token, ['bets', 'account'], {
      ...{ epoch, seq: Number(again.pushes[0]?.['pos']) },
    });
    expect(cut.pushes.map(({ push, pos }) => [push, pos])).toEqual(
      again.pushes.slice(1).map(({ push, pos }) => [push, pos]),
    );
    const bets = await listening(token, ['bets'], { epoch, seq: Number(again.pushes[0]?.['pos']) });
    expect(bets.pushes).toMatchObject([{ push: 'bet', bet: { id: 'bet_5' } }]);
  });

  it('need a session, and one numbering', async () => {
    const stranger = broadcaster.connect();
    const since = { epoch: 'ledger', seq: 0 };
    const { ack } = await subscribed(stranger, ['bets'], since);
    const error = { code: 'UNAUTHENTICATED', details: { field: 'since' } };
    expect(ack).toMatchObject({ ack: 'error', op: 'subscribe', error });
    for (const channels of [['price', 'bets'], ['grid'], ['account', 'grid']]) {
      const mixed = await subscribed(stranger, channels, since);
      expect(mixed.ack).toMatchObject({ error: { code: 'MALFORMED', details: { field: 'since' } } });
    }
  });

  it('begin anew with a snapshot after events were missed', async () => {
    const { token, wallet: mine } = wallet();
    await broadcaster.event(accepted(mine, 'bet_1'));
    const { ack, client } = await listening(token, ['bets']);
    client.socket.end();
    await broadcaster.loseEvents();
    const { epoch, seq } = ack as unknown as Since;
    const again = await listening(token, ['bets'], { epoch, seq });
    expect(again.ack).toMatchObject({ recovered: false });
    expect(broadcaster.resolver.letters.at(-1)).toMatchObject({ type: 'ListBets' });
  });
});

it('whatever cuts a client off: it sees every tick and every push of an event once, in order', async () => {
  const act = fc.oneof(
    { weight: 4, arbitrary: fc.constant('tick' as const) },
    { weight: 4, arbitrary: fc.constant('event' as const) },
    { weight: 1, arbitrary: fc.constant('foreign' as const) },
    { weight: 2, arbitrary: fc.constant('look' as const) },
    // After so many of the frames that were under way.
    { weight: 3, arbitrary: fc.nat({ max: 8 }) },
    { weight: 3, arbitrary: fc.constant('back' as const) },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 40 }), async (acts) => {
      broadcaster = await startBroadcaster();
      await broadcaster.knowMarket();
      await broadcaster.tick(1);
      const { token, wallet } = broadcaster.signIn();
      const ticks: unknown[] = [];
      const told: unknown[] = [];
      const since: { price?: Since; events?: Since } = {};
      let client: FrameClient | undefined;

      const look = (framesMax = Number.POSITIVE_INFINITY): void => {
        for (const frame of client?.take().slice(0, framesMax) ?? []) {
          const { push, pos, bet, ack, channels, epoch, recovered } = frame;
          const seq = Number(frame['seq']);
          const numbering = [channels].flat().includes('price') ? 'price' : 'events';
          if (ack === 'subscribe') {
            if (since[numbering]) expect(recovered).toBe(true);
            since[numbering] = { epoch: String(epoch), seq: since[numbering]?.seq ?? seq };
          }
          if (push === 'price' && since.price && seq > since.price.seq) {
            ticks.push(seq);
            since.price = { ...since.price, seq };
          }
          if (pos !== undefined && since.events) {
            told.push(push === 'bet' ? (bet as Frame)['id'] : 'account');
            since.events = { ...since.events, seq: Number(pos) };
          }
        }
      };
      const comeBack = async (): Promise<void> => {
        client = broadcaster.connect();
        await client.send({ op: 'auth', token });
        const withSince = (numbering: 'price' | 'events') => ({
          ...(since[numbering] && { since: since[numbering] }),
        });
        await client.send({ op: 'subscribe', channels: ['price'], ...withSince('price') });
        await client.send({ op: 'subscribe', channels: ['bets', 'account'], ...withSince('events') });
      };

      await comeBack();
      look();
      let [tick, events] = [1, 0];
      for (const step of [...acts, 'back' as const]) {
        if (step === 'tick') await broadcaster.tick(++tick);
        else if (step === 'event') await broadcaster.event(accepted(wallet, `bet_${++events}`));
        else if (step === 'foreign') await broadcaster.event(accepted(`0x${'8'.repeat(40)}`, 'bet_x'));
        else if (step === 'look') look();
        else if (step === 'back') client ?? (await comeBack());
        else {
          look(step === 'restart' ? undefined : step);
          client?.socket.end();
          client = undefined;
          if (step === 'restart') await restarted(tick);
        }
      }
      look();
      expect(ticks).toEqual(Array.from({ length: tick - 1 }, (_, index) => index + 2));
      const pushes = Array.from({ length: events }, (_, index) => [`bet_${index + 1}`, 'account']);
      expect(told).toEqual(pushes.flat());
    }),
    { numRuns: 60 },
  );
});

/** Another life of the broadcaster, once it has heard of a tick and been told those before it. */
async function restarted(tick: number): Promise<void> {
  const { system, id, history, resolver } = broadcaster;
  await system.restart(id);
  resolver.reply(done(MARKET));
  await broadcaster.tick(tick);
  const asked = history.letters.length;
  await system.advance(5_000);
  const recorded = Array.from({ length: tick }, (_, index) => tickAt(index + 1));
  if (history.letters.length > asked) history.reply(done({ ticks: recorded, more: false }));
  await system.idle();
}

describe('a broadcaster that starts', () => {
  it('knows what happened to wallets before, for those who come back to it', async () => {
    const { token, wallet } = broadcaster.signIn();
    for (const id of ['bet_1', 'bet_2', 'bet_3']) await broadcaster.event(accepted(wallet, id));
    await broadcaster.system.restart(broadcaster.id);
    const client = broadcaster.connect();
    await client.send({ op: 'auth', token });
    client.take();
    const { ack, pushes } = await subscribed(client, ['bets'], { epoch: 'ledger', seq: 2 ** 20 });
    expect(ack).toMatchObject({ recovered: true });
    expect(pushes.map(({ bet }) => (bet as Frame)['id'])).toEqual(['bet_2', 'bet_3']);
  });
});
