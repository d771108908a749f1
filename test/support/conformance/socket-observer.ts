/**
 * The WebSocket's half of the observer: every frame of the server fits its schema, every refusal is one that
 * the op documents, and which (op, error) pairs, answers and pushes were seen is remembered.
 */
import { expect } from 'vitest';
import { FRAME_ERRORS, UNREAD_FRAME_ERRORS } from '../../../src/protocol/api/documented-errors.ts';
import {
  type AnswerFrame,
  answerFrameSchema,
  type ClientFrame,
  clientFrameSchema,
  pushFrameSchema,
} from '../../../src/protocol/api/frames.ts';

type Op = ClientFrame['op'];
const OPS = Object.keys(FRAME_ERRORS) as Op[];
const isOp = (op: unknown): op is Op => OPS.some((known) => known === op);

export class SocketObserver {
  readonly #seen = new Set<string>();

  get seen(): ReadonlySet<string> {
    return this.#seen;
  }

  /** `place COLUMN_LOCKED`, `place ack`, `push bet`, and `unread RATE_LIMITED` of no op. */
  missing(): string[] {
    const pushes = pushFrameSchema.options.map(({ shape }) => `push ${shape.push.value}`);
    return [
      ...OPS.flatMap((op) => [`${op} ack`, ...FRAME_ERRORS[op].map((code) => `${op} ${code}`)]),
      ...UNREAD_FRAME_ERRORS.map((code) => `unread ${code}`),
      ...pushes,
    ].filter((pair) => !this.#seen.has(pair));
  }

  /** A frame of the server, in objects. */
  observe(frame: Readonly<Record<string, unknown>>): void {
    const isPush = frame['push'] !== undefined;
    const parsed = (isPush ? pushFrameSchema : answerFrameSchema).safeParse(frame);
    expect(parsed.error?.issues ?? [], JSON.stringify(frame)).toEqual([]);
    this.#seen.add(isPush ? `push ${frame['push']}` : this.#answerOf(frame as unknown as AnswerFrame));
  }

  #answerOf(frame: AnswerFrame): string {
    if (frame.ack !== 'error') return `${frame.ack} ack`;
    const { op, error } = frame;
    if (!isOp(op)) {
      expect(UNREAD_FRAME_ERRORS).toContain(error.code);
      return `unread ${error.code}`;
    }
    expect(FRAME_ERRORS[op], `${op} may not be refused ${error.code}`).toContain(error.code);
    return `${op} ${error.code}`;
  }
}

/** Every op there is has its errors documented, and no other. */
export const opsOfSchema = (): string[] => clientFrameSchema.options.map(({ shape }) => shape.op.value);
