import { expect, it } from 'vitest';
import { admitTicks } from '../../../src/actors/history-writer/tick-intake.ts';
import { indexTick, indexTicks, seqsOf } from '../../support/index-ticks.ts';

const head = { epoch: 5, last: indexTick(10) };
const admit = (ticks: unknown, epoch: unknown = 5) => admitTicks(head, { epoch, ticks });
const seqs = (admission: ReturnType<typeof admitTicks>) => seqsOf(admission.entries.map(({ tick }) => tick));

it('takes the next ticks, in order, under the running epoch', () => {
  const admission = admit(indexTicks(11, 13));
  expect(admission.entries).toEqual(indexTicks(11, 13).map((tick) => ({ epoch: 5, tick })));
  expect(admission.head).toEqual({ epoch: 5, last: indexTick(13) });
  expect(admission.refusal).toBeUndefined();
});

it('begins an empty log at seq 1', () => {
  const empty = { epoch: 1, last: null };
  expect(seqs(admitTicks(empty, { epoch: 1, ticks: indexTicks(1, 2) }))).toEqual([1, 2]);
  expect(admitTicks(empty, { epoch: 1, ticks: indexTicks(2, 3) })).toMatchObject({
    refusal: 'hole',
    entries: [],
  });
});

it('skips what is recorded already, and a tick twice in one letter', () => {
  const admission = admit([...indexTicks(8, 11), indexTick(11), indexTick(12)]);
  expect(seqs(admission)).toEqual([11, 12]);
  expect(admission.skipped).toBe(4);
  expect(admission.refusal).toBeUndefined();
});

it('stops at a hole and keeps what came before it', () => {
  const admission = admit([indexTick(11), indexTick(13), indexTick(12)]);
  expect(seqs(admission)).toEqual([11]);
  expect(admission.refusal).toBe('hole');
});

it('takes nothing of an older or an unknown epoch', () => {
  expect(admit([indexTick(11)], 4)).toMatchObject({ refusal: 'older_epoch', entries: [], head });
  expect(admit([indexTick(11)], 6)).toMatchObject({ refusal: 'unknown_epoch', entries: [], head });
});

it('refuses a tick whose time does not go forward', () => {
  expect(admit([indexTick(11, { atMs: indexTick(10).atMs })])).toMatchObject({ refusal: 'out_of_order' });
  expect(admit([indexTick(11), indexTick(12, { atMs: 1 })])).toMatchObject({ refusal: 'out_of_order' });
});

it.each([
  ['no body', undefined],
  ['a string', 'ticks'],
  ['no ticks', { epoch: 5 }],
  ['ticks that are no list', { epoch: 5, ticks: { 0: indexTick(11) } }],
  ['an epoch that is no number', { epoch: '5', ticks: [indexTick(11)] }],
  ['a tick that is null', { epoch: 5, ticks: [null] }],
  ['a price of zero', { epoch: 5, ticks: [indexTick(11, { priceCents: 0 as never })] }],
  ['a price with a fraction', { epoch: 5, ticks: [indexTick(11, { priceCents: 1.5 as never })] }],
  ['a negative price', { epoch: 5, ticks: [indexTick(11, { priceCents: -1 as never })] }],
  ['a seq of NaN', { epoch: 5, ticks: [indexTick(11, { seq: Number.NaN })] }],
  ['another symbol', { epoch: 5, ticks: [indexTick(11, { symbol: 'eth:usd' as never })] }],
  ['an unknown quality', { epoch: 5, ticks: [indexTick(11, { quality: 'fine' as never })] }],
])('refuses %s as malformed', (_name, body) => {
  expect(admitTicks(head, body)).toMatchObject({ refusal: 'malformed', entries: [], head });
});
