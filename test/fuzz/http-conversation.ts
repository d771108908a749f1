/**
 * The inputs of one session over one connection, and over the next where the server or the input ended it.
 * Each input is over before the next begins, so an answer too many is seen and known by its input.
 */
import { Finding, type FuzzInput, type FuzzSession } from './fuzz-input.ts';
import { judgeAnswer, takeAnswer } from './http-answer.ts';
import { Wire } from './wire.ts';

export interface Conversation {
  readonly port: number;
  readonly count: (status: string) => void;
  /** The process is known to be gone: nobody is to blame for a missing answer. */
  readonly isOver: () => boolean;
}

/** A well-formed request must be answered in this time; generous, because the machine is full of others. */
export const ANSWER_MS_MAX = 20_000;
/** What may come of other bytes has come by then, or does not matter. */
export const SILENCE_MS = 25;
const CONNECT_ATTEMPTS = 50;

export async function converseHttp(session: FuzzSession, first: number, how: Conversation): Promise<void> {
  let wire: Wire | undefined;
  for (const [at, input] of session.inputs.entries()) {
    if (how.isOver()) break;
    try {
      if (!wire || wire.isClosed) wire = await connected(how);
      wire = await one(wire, input, how);
    } catch (error) {
      wire?.close();
      if (how.isOver()) return;
      throw new Finding(first + at, `${input.what}: ${error instanceof Error ? error.message : error}`);
    }
  }
  wire?.close();
}

export async function connected(how: Conversation): Promise<Wire> {
  for (let attempt = 0; attempt < CONNECT_ATTEMPTS && !how.isOver(); attempt += 1) {
    const wire = await Wire.open(how.port);
    if (wire) return wire;
    await new Promise((resolve) => setTimeout(resolve, SILENCE_MS));
  }
  throw new Error('nobody takes connections');
}

/** The connection the next input may use, if any. */
async function one(wire: Wire, input: FuzzInput, how: Conversation): Promise<Wire | undefined> {
  if (wire.received.length > 0)
    throw new Error(`an answer nobody asked for: ${wire.received.toString('latin1', 0, 80)}`);
  const isReused = wire.answers > 0;
  await wire.write(input.pieces);
  switch (input.expects) {
    case 'one': {
      const isAnswered = await answered(wire, input, how);
      if (isAnswered) return wire;
      // The server may end a connection that was used before, as the request was on its way.
      if (isReused && wire.received.length === 0) return one(await connected(how), input, how);
      throw new Error(`cut after ${wire.received.length} bytes of an answer`);
    }
    case 'any':
      await whatever(wire, input, how);
      wire.close();
      return undefined;
    case 'end':
      wire.halfClose();
      await whatever(wire, input, how);
      wire.close();
      return undefined;
    case 'abort':
      wire.abort();
      how.count('aborted');
      return undefined;
    default:
      return input.expects satisfies never;
  }
}

/** False if the connection ended first. */
async function answered(
  wire: Wire,
  { isHead = false }: FuzzInput,
  { count }: Conversation,
): Promise<boolean> {
  const untilMs = performance.now() + ANSWER_MS_MAX;
  for (;;) {
    const answer = takeAnswer(wire, isHead);
    if (answer) {
      count(judgeAnswer(answer, isHead, true));
      if (answer.isClosing) wire.close();
      return true;
    }
    if (wire.isClosed) return false;
    if (performance.now() > untilMs) throw new Error('no answer');
    await wire.change(ANSWER_MS_MAX);
  }
}

/**
 * Takes the answers there are; each must be one. HEAD may hide in the bytes, so bodies are not looked for.
 */
async function whatever(wire: Wire, input: FuzzInput, { count }: Conversation): Promise<void> {
  while (!wire.isClosed && (await wire.change(SILENCE_MS))) {}
  let answers = 0;
  for (;;) {
    const isHead = input.isHead === true || /^head /i.test(input.pieces[0]?.toString('latin1', 0, 5) ?? '');
    if (wire.received.length > 0 && !wire.received.subarray(0, 5).equals(HTTP)) break;
    const answer = takeAnswer(wire, isHead);
    if (!answer) break;
    answers += 1;
    count(answer.status === 101 ? '101' : judgeAnswer(answer, isHead, false));
    if (answer.status === 101) break;
  }
  if (answers === 0) count(wire.isClosed ? 'cut' : 'silence');
}

const HTTP = Buffer.from('HTTP/');
