/** Deadlines of asks: one timer serves all of them, and each ends when it would have with one of its own. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AskDesk } from '../../src/runtime/ask-desk.ts';
import { ManualClock } from '../../src/runtime/clock.ts';
import type { PostOffice } from '../../src/runtime/mailbox/mailbox.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { TraceScope } from '../../src/runtime/trace-scope.ts';

const LETTER = { type: 'Anything', body: {} };

function openDesk() {
  const clock = new ManualClock(1_000);
  const posted: string[] = [];
  const postOffice = {
    postAsk: async (_to: string, { id }: { id: string }) => {
      posted.push(id);
      return 'posted';
    },
  } as unknown as PostOffice;
  const parts = { id: 'asker', postOffice, clock, random: seededRandom(7), traces: new TraceScope() };
  return { desk: new AskDesk(parts), clock, posted };
}

const anyAsk = fc.record({
  askedAfterMs: fc.nat(40),
  deadlineMs: fc.constantFrom(10, 30, 50),
  // Never in the very moment of a deadline: then either end is right.
  answeredAfterMs: fc.option(
    fc.nat(29).map((n) => 2 * n + 1),
    { nil: undefined },
  ),
});

it('an ask ends with its answer, or exactly at its deadline', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyAsk, { minLength: 1, maxLength: 12 }), async (asks) => {
      const { desk, clock, posted } = openDesk();
      const ended: { n: number; ok: boolean; atMs: number }[] = [];
      const expected: typeof ended = [];
      let askedAtMs = 0;
      for (const [n, { askedAfterMs, deadlineMs, answeredAfterMs }] of asks.entries()) {
        askedAtMs += askedAfterMs;
        const isAnswered = answeredAfterMs !== undefined && answeredAfterMs < deadlineMs;
        expected.push({ n, ok: isAnswered, atMs: askedAtMs + (isAnswered ? answeredAfterMs : deadlineMs) });
        clock.after(askedAtMs, () => {
          const asked = desk.ask('somebody', LETTER, { deadlineMs });
          const id = posted[n] ?? '';
          const answer = { ...LETTER, id: 'r', from: 'somebody', sentAtMs: 0, correlationId: id };
          if (answeredAfterMs !== undefined) clock.after(answeredAfterMs, () => desk.answer(answer));
          void asked.then(({ ok }) => ended.push({ n, ok, atMs: clock.monotonicMs() - 1_000 }));
        });
      }
      while (clock.fireNext(2_000)) await new Promise(setImmediate);
      expect(ended.toSorted((a, b) => a.n - b.n)).toEqual(expected);
      expect(desk.pending).toBe(0);
    }),
    { numRuns: 50 },
  );
});

it('sets no timer while nothing waits', async () => {
  const { desk, clock, posted } = openDesk();
  const asked = desk.ask('somebody', LETTER, { deadlineMs: 50 });
  desk.answer({ ...LETTER, id: 'r', from: 'somebody', sentAtMs: 0, correlationId: posted[0] ?? '' });
  expect(await asked).toMatchObject({ ok: true });
  expect(clock.fireNext(9_000)).toBe(false);
});
