import { describe, expect, it } from 'vitest';
import { micros } from '../../../src/domain/units.ts';
import { RESOLVER } from '../../../src/protocol/letters/resolver.ts';
import { OTHER_WALLET } from '../../support/market.ts';
import { startRig } from '../../support/resolver-rig.ts';

describe('the same request', () => {
  it('has the same answer for ever, and one effect', async () => {
    const rig = await startRig();
    const body = rig.body();
    const first = await rig.place(body);
    const again = await rig.send(body);
    expect(await again.answer).toEqual(first);
    await rig.ticksUntil(16_000);
    expect(await (await rig.send(body)).answer).toEqual(first);
    expect(await rig.summary()).toMatchObject({ bets: { open: 0, lost: 1 } });
  });

  it('stays refused when it would be accepted by now', async () => {
    const rig = await startRig();
    const body = rig.body({ wallet: OTHER_WALLET });
    const first = await rig.place(body);
    expect(first).toMatchObject({ error: { code: 'INSUFFICIENT_BALANCE' } });
    await rig.openAccount(OTHER_WALLET);
    expect(await rig.place(body)).toEqual(first);
    expect(await rig.place({ ...body, idempotencyKey: 'another' })).toMatchObject({ ok: true });
  });

  it('sent many times at once is one bet, and each letter is answered', async () => {
    const rig = await startRig();
    const body = rig.body();
    const sent = [];
    for (let i = 0; i < 20; i += 1) sent.push(await rig.send(body));
    await rig.ticks(2);
    const answers = await Promise.all(sent.map(({ answer }) => answer));
    expect(answers[0]).toMatchObject({ ok: true });
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await rig.summary()).toMatchObject({ bets: { open: 1 } });
  });

  it('repeated in one batch with the tick that answers it has one effect', async () => {
    const rig = await startRig();
    const body = rig.body();
    const first = await rig.send(body);
    const tick = await rig.tick({ delivered: false });
    rig.system.deliver(RESOLVER, { type: 'TicksRecorded', body: { ticks: [tick] } });
    const second = await rig.send(body);
    expect(await first.answer).toMatchObject({ ok: true, value: { acceptedSeq: tick.seq } });
    expect(await second.answer).toEqual(await first.answer);
  });

  it('with another body is a conflict, waiting or answered', async () => {
    const rig = await startRig();
    const body = rig.body();
    const waiting = await rig.send(body);
    const other = { ...body, stakeMicros: micros(20_000_000) };
    expect(await (await rig.send(other)).answer).toMatchObject({ error: { code: 'IDEMPOTENCY_CONFLICT' } });
    await rig.ticks(2);
    expect(await waiting.answer).toMatchObject({ ok: true });
    expect(await (await rig.send(other)).answer).toMatchObject({ error: { code: 'IDEMPOTENCY_CONFLICT' } });
    expect(await rig.place({ ...other, wallet: OTHER_WALLET })).toMatchObject({
      error: { code: 'INSUFFICIENT_BALANCE' },
    });
  });
});
