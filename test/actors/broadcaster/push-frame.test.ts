import { expect, it } from 'vitest';
import { SharedPush } from '../../../src/actors/broadcaster/push-frame.ts';
import { betView } from '../../support/broadcaster-fixture.ts';
import { decodeServerFrame } from '../../support/server-frames.ts';

const bet = betView({ reason: 'a "quoted" – reason' });
const push = new SharedPush({ push: 'bet', seq: 7, event: 'BetSettled', bet });

it.each([1, 9, 10, 127, 128, 65_536, 4_294_967_295])('writes n = %i in both formats', (n) => {
  const frame = { push: 'bet', n, seq: 7, event: 'BetSettled', bet };
  expect(JSON.parse(Buffer.from(push.bytesFor('json', n)).toString())).toEqual(frame);
  expect(decodeServerFrame(push.bytesFor('msgpack', n))).toEqual(frame);
});

it('encodes once per format', () => {
  for (const format of ['json', 'msgpack'] as const)
    expect(push.bytesFor(format, 1)).toBe(push.bytesFor(format, 2));
});
