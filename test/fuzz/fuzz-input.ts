/** One input of the fuzzer: bytes, how they are sent, and what must come of them. */
export interface FuzzInput {
  /** For people: what the bytes are. */
  readonly what: string;
  /** Written one after the other, each by itself. */
  readonly pieces: readonly Buffer[];
  /**
   * `one`: a complete, well-formed request or frame; it gets exactly one answer.
   * `any`: the server may answer, say nothing or cut the connection.
   * `abort`, `end`: the client resets or half-closes the connection at once; nothing is expected.
   */
  readonly expects: 'one' | 'any' | 'abort' | 'end';
  /** The answer to HEAD has no body. */
  readonly isHead?: boolean;
  /** The id that the answer to a frame must echo. */
  readonly id?: string | number;
}

export type SessionKind = 'http' | 'handshake' | 'json' | 'msgpack';

/** What one connection (and its successors, where it is cut) is sent, in order. */
export interface FuzzSession {
  readonly kind: SessionKind;
  readonly inputs: readonly FuzzInput[];
  /** Frames are not waited for one by one. */
  readonly isBurst: boolean;
}

/** Something the server must never do. */
export class Finding extends Error {
  readonly inputIndex: number;

  constructor(inputIndex: number, message: string) {
    super(message);
    this.inputIndex = inputIndex;
  }
}
