/** Session `s` of a seed: a function of the two, but for tokens, bet ids and the hour. */
import { frameInput } from './frame-inputs.ts';
import { FuzzDice } from './fuzz-dice.ts';
import type { FuzzSession, SessionKind } from './fuzz-input.ts';
import { handshakeInput } from './handshake-inputs.ts';
import { httpInput } from './http-inputs.ts';
import type { Knowledge } from './json-inputs.ts';

export const INPUTS_PER_SESSION = 16;

/** Inputs `from` (included) to `to` (not) of a session. */
export interface SessionPart {
  readonly session: number;
  readonly from: number;
  readonly to: number;
}

/** The parts that hold the inputs with these indices, `to` not included. */
export function partsOf(from: number, to: number): SessionPart[] {
  const parts: SessionPart[] = [];
  for (let at = from; at < to; ) {
    const session = Math.floor(at / INPUTS_PER_SESSION);
    const first = session * INPUTS_PER_SESSION;
    const end = Math.min(to, first + INPUTS_PER_SESSION);
    parts.push({ session, from: at - first, to: end - first });
    at = end;
  }
  return parts;
}

/** Input `i` of a run is the one at `i % INPUTS_PER_SESSION` of session `⌊i / INPUTS_PER_SESSION⌋`. */
export function fuzzSession(seed: number, session: number, known: Knowledge): FuzzSession {
  const dice = new FuzzDice(seed, `fuzz session ${session}`);
  const kind = dice.weighted<SessionKind>([
    [50, () => 'http'],
    [8, () => 'handshake'],
    [26, () => 'json'],
    [16, () => 'msgpack'],
  ]);
  const isBurst = dice.chance(0.5);
  const inputs = Array.from({ length: INPUTS_PER_SESSION }, (_, at) => {
    if (kind === 'http') return httpInput(dice, known);
    return kind === 'handshake' ? handshakeInput(dice) : frameInput(dice, known, kind, at);
  });
  return { kind, inputs, isBurst };
}
