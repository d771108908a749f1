/**
 * Which input did it? What was sent shortly before the system broke is sent again, to systems of their own:
 * the latest half that breaks one, and so on, down to one session, then to the shortest beginning of it that
 * does.
 */
import { startSystem } from '../support/system.ts';
import type { FuzzDice } from './fuzz-dice.ts';
import { Finding } from './fuzz-input.ts';
import { FuzzRun } from './fuzz-run.ts';
import { fuzzSession, INPUTS_PER_SESSION, type SessionPart } from './fuzz-session.ts';
import type { Knowledge } from './json-inputs.ts';
import { NO_CELL } from './purses.ts';

type Env = Readonly<Record<string, string>>;

export async function findCulprit(
  env: Env,
  seed: number,
  suspects: readonly SessionPart[],
  say: (line: string) => void,
): Promise<void> {
  say(`looking for the input among ${suspects.length} sessions of seed ${seed}`);
  const breaks = (parts: readonly SessionPart[]): Promise<boolean> => breaksAgain(env, seed, parts);
  let guilty = suspects;
  if (guilty.length === 0 || !(await breaks(guilty))) return say('they do not break it again');
  while (guilty.length > 1) {
    const half = Math.floor(guilty.length / 2);
    const [early, late] = [guilty.slice(0, half), guilty.slice(half)];
    if (await breaks(late)) guilty = late;
    else if (await breaks(early)) guilty = early;
    else break;
  }
  const [part] = guilty;
  if (!part || guilty.length > 1) {
    return say(`only together: sessions ${guilty.map(({ session }) => session).join(', ')}`);
  }
  const { session } = part;
  const shortest = await shortestBeginning(part, breaks);
  const indexOf = (at: number): number => session * INPUTS_PER_SESSION + at;
  const last = indexOf(shortest.to - 1);
  const isAlone = await breaks([{ session, from: shortest.to - 1, to: shortest.to }]);
  tellInput(seed, new Finding(last, isAlone ? 'breaks the system' : 'breaks it with those before it'));
  if (!isAlone) say(`again: npm run fuzz -- --seed ${seed} --only ${indexOf(part.from)}-${last}`);
}

async function shortestBeginning(
  part: SessionPart,
  breaks: (parts: readonly SessionPart[]) => Promise<boolean>,
): Promise<SessionPart> {
  let [low, high] = [part.from + 1, part.to];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (await breaks([{ ...part, to: middle }])) high = middle;
    else low = middle + 1;
  }
  return { ...part, to: high };
}

async function breaksAgain(env: Env, seed: number, parts: readonly SessionPart[]): Promise<boolean> {
  const system = await startSystem({ env });
  try {
    const { problems } = await new FuzzRun(system, { seed, parts, onProgress: () => {} }).run();
    return problems.length > 0;
  } finally {
    await system.stop();
  }
}

/** The bytes, with a placeholder where a token or a bet id was. */
export function tellInput(seed: number, { inputIndex, message }: Finding): void {
  const inPlaceOf =
    <T>(value: T) =>
    (dice: FuzzDice) => {
      // What follows is drawn as it was.
      dice.fraction();
      return value;
    };
  const placeholder: Knowledge = {
    token: inPlaceOf('TOKEN'),
    betId: inPlaceOf('bet_1'),
    cell: inPlaceOf(NO_CELL),
    nowMs: Date.now,
  };
  const session = fuzzSession(seed, Math.floor(inputIndex / INPUTS_PER_SESSION), placeholder);
  const input = session.inputs[inputIndex % INPUTS_PER_SESSION];
  console.error(`input ${inputIndex} of seed ${seed} (${session.kind}): ${message}`);
  console.error(`again: npm run fuzz -- --seed ${seed} --only ${inputIndex}`);
  for (const piece of input?.pieces ?? []) console.error(`  ${piece.toString('hex').slice(0, 4_000)}`);
}
