import { beforeEach, describe, expect, it } from 'vitest';
import { CONFLATE_ABOVE_BYTES } from '../../../src/actors/broadcaster/socket-sender.ts';
import { CLOSE_CODES } from '../../../src/protocol/api/frames.ts';
import { done } from '../../../src/protocol/errors.ts';
import {
  accepted,
  type BroadcasterFixture,
  betView,
  signedInClient,
  startBroadcaster,
} from '../../support/broadcaster-fixture.ts';

let broadcaster: BroadcasterFixture;

beforeEach(async () => {
  broadcaster = await startBroadcaster();
  await broadcaster.knowMarket();
});

const signedIn = (channels?: readonly string[]) => signedInClient(broadcaster, channels);

describe('a slow reader', () => {
  it('gets the newest price once it reads again, and no hole in n', async () => {
    const client = broadcaster.connect();
    await client.send({ op: 'subscribe', channels: ['price'] });
    client.socket.stall();
    for (let seq = 1; seq <= 500; seq += 1) await broadcaster.tick(seq);
    const heldBack = client.socket.bufferedBytes();
    expect(heldBack).toBeLessThan(CONFLATE_ABOVE_BYTES * 2);
    client.socket.resume();
    const frames = client.take().slice(1);
    expect(frames.map(({ n }) => n)).toEqual(frames.map((_, i) => i + 1));
    expect(frames.at(-1)).toMatchObject({ push: 'price', seq: 500 });
    expect(frames.length).toBeLessThan(500);
    expect(client.socket.closeCode).toBeUndefined();
  });

  it('is closed when a bet event cannot be held for it', async () => {
    const { client, wallet } = await signedIn(['bets']);
    client.socket.stall();
    for (let count = 0; count < 300; count += 1) await broadcaster.event(accepted(wallet, `bet_${count}`));
    expect(client.socket.closeCode).toBe(CLOSE_CODES.TOO_SLOW);
    const before = client.socket.received.length;
    await broadcaster.event(accepted(wallet));
    expect(client.socket.received.length).toBe(before);
  });

  it('paces a long snapshot by its reader', async () => {
    const { client, wallet } = await signedIn();
    client.socket.stall();
    await client.send({ op: 'subscribe', channels: ['bets'] });
    const page = Array.from({ length: 50 }, (_, i) => betView({ id: `bet_${i}`, wallet }));
    broadcaster.resolver.reply(done({ bets: page, nextBeforeId: 'bet_49' }));
    await broadcaster.system.idle();
    expect(client.socket.bufferedBytes()).toBeGreaterThan(CONFLATE_ABOVE_BYTES);
    const asked = broadcaster.bets().length;
    client.socket.resume();
    await broadcaster.system.idle();
    expect(broadcaster.bets().length).toBe(asked + 1);
    expect(client.socket.closeCode).toBeUndefined();
  });
});
