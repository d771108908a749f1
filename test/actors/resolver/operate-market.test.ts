import { beforeEach, describe, expect, it } from 'vitest';
import type { OperateMarketBody, OperatorCommand } from '../../../src/protocol/letters/operate-market.ts';
import { RESOLVER } from '../../../src/protocol/letters/resolver.ts';
import { cellAt } from '../../support/market.ts';
import { type ResolverRig, startRig } from '../../support/resolver-rig.ts';

let rig: ResolverRig;
beforeEach(async () => {
  rig = await startRig();
});

const operate = (command: OperatorCommand, change: Partial<OperateMarketBody> = {}) => {
  const body = { id: `op-${command.type}`, actor: 'ann', reason: 'a drill', command, ...change };
  return rig.system.ask(RESOLVER, { type: 'OperateMarket', body });
};
const operations = async () => {
  const outcome = await rig.system.ask(RESOLVER, { type: 'GetOperations', body: { limit: 10 } });
  if (!outcome.ok) throw new Error(outcome.error.code);
  return outcome.value;
};

describe('an operator', () => {
  it('pauses placing, across a restart, and resumes it; open bets run on', async () => {
    const bet = await rig.accepted();
    await operate({ type: 'pause' });
    const refusal = { error: { code: 'PAUSED', details: { reason: 'OPERATOR' } } };
    expect(await rig.place()).toMatchObject(refusal);
    await rig.restart();
    await rig.tick();
    expect(await rig.place()).toMatchObject(refusal);
    expect(await operations()).toMatchObject({ paused: true, pauseReason: 'OPERATOR' });
    await rig.ticks(200);
    expect((await rig.bet(bet.id)).status).not.toBe('open');
    await operate({ type: 'resume' });
    await rig.tick();
    expect(await rig.place({ cell: cellAt(1, 60_000) })).not.toMatchObject({ error: { code: 'PAUSED' } });
    expect((await operations()).actions).toMatchObject([
      { actor: 'ann', action: 'pause', reason: 'a drill', target: '', bets: 0 },
      { actor: 'ann', action: 'resume' },
    ]);
  });

  it('tells everybody that listens to the market, at once', async () => {
    await operate({ type: 'pause' });
    await rig.tick();
    const market = await rig.system.ask(RESOLVER, { type: 'GetMarket', body: {} });
    expect(market).toMatchObject({ value: { paused: true, pauseReason: 'OPERATOR' } });
  });

  it('voids one bet: its stake comes back exactly, once, and its wallet is told', async () => {
    const before = await rig.account();
    const bet = await rig.accepted();
    await rig.tick();
    const events = await rig.events();
    const voided = await operate({ type: 'void', betId: bet.id });
    expect(voided).toMatchObject({ value: { action: 'void', target: bet.id, bets: 1 } });
    expect(await operate({ type: 'void', betId: bet.id })).toEqual(voided);
    await rig.system.idle();
    expect(await rig.bet(bet.id)).toMatchObject({ status: 'void', reason: 'OPERATOR' });
    expect(await rig.account()).toEqual(before);
    expect(events).toMatchObject([{ type: 'BetSettled', bet: { id: bet.id, status: 'void' } }]);
    await rig.ticks(200);
    expect(await rig.bet(bet.id)).toMatchObject({ status: 'void' });
    expect(rig.store.books.readBack().step(1_000).problems).toEqual([]);
    expect((await operations()).actions).toHaveLength(1);
  });

  it('voids all bets of a column and no other, and none of them can be placed again', async () => {
    const cells = [cellAt(1), cellAt(2), cellAt(1, 15_000)];
    const bets = [];
    for (const cell of cells) bets.push(await rig.accepted({ cell }));
    await rig.tick();
    const { opensAtMs, closesAtMs } = cellAt();
    const voided = await operate({ type: 'void-column', opensAtMs, closesAtMs });
    expect(voided).toMatchObject({
      value: { action: 'void', target: `${opensAtMs}-${closesAtMs}`, bets: 2 },
    });
    const states = [];
    for (const { id } of bets) states.push((await rig.bet(id)).status);
    expect(states).toEqual(['void', 'void', 'open']);
    expect(await rig.place({ cell: cellAt(1) })).toMatchObject({ error: { code: 'DUPLICATE_CELL' } });
    await rig.restart();
    await rig.tick();
    expect(await rig.place({ cell: cellAt(2) })).toMatchObject({ error: { code: 'DUPLICATE_CELL' } });
  });

  it('cannot void what is not open, nor use the name of a command for another', async () => {
    expect(await operate({ type: 'void', betId: 'bet_0' })).toMatchObject({ error: { code: 'NOT_FOUND' } });
    await operate({ type: 'pause' });
    expect(await operate({ type: 'resume' }, { id: 'op-pause' })).toMatchObject({
      error: { code: 'IDEMPOTENCY_CONFLICT' },
    });
    expect(await operate({ type: 'pause' }, { reason: 'another' })).toMatchObject({
      error: { code: 'IDEMPOTENCY_CONFLICT' },
    });
    expect((await operations()).actions).toHaveLength(1);
  });
});
