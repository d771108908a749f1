/**
 * The calibration report as this broadcaster last got it: whoever asks within a few seconds shares one ask to
 * the Resolver, so that a popular page costs it nothing. A refusal is not kept.
 */
import type { CalibrationReport } from '../../protocol/calibration-report.ts';
import type { Outcome } from '../../protocol/errors.ts';
import { RESOLVER } from '../../protocol/letters/resolver.ts';
import type { ActorContext } from '../../runtime/index.ts';
import { outcomeOf } from './http-answer.ts';

const ASK_DEADLINE_MS = 3_000;
/** Columns close this often; between two of them nothing changes. */
const FRESH_MS = 5_000;

export class CalibrationView {
  readonly #context: Pick<ActorContext, 'ask' | 'clock'>;
  #asked: { readonly atMs: number; readonly report: Promise<Outcome<CalibrationReport>> } | undefined;

  constructor(context: Pick<ActorContext, 'ask' | 'clock'>) {
    this.#context = context;
  }

  report(): Promise<Outcome<CalibrationReport>> {
    const nowMs = this.#context.clock.monotonicMs();
    if (this.#asked && nowMs - this.#asked.atMs < FRESH_MS) return this.#asked.report;
    const asked = { atMs: nowMs, report: this.#ask() };
    this.#asked = asked;
    const forget = (): void => {
      if (this.#asked === asked) this.#asked = undefined;
    };
    asked.report.then((outcome) => !outcome.ok && forget(), forget);
    return asked.report;
  }

  async #ask(): Promise<Outcome<CalibrationReport>> {
    const letter = { type: 'GetCalibration', body: {} } as const;
    return outcomeOf(await this.#context.ask(RESOLVER, letter, { deadlineMs: ASK_DEADLINE_MS }));
  }
}
