/** What happened, line by line: hashed, so that two runs of one seed can be compared; the last lines kept. */
import { createHash } from 'node:crypto';

const TAIL_LINES = 400;

export class Trace {
  readonly #hash = createHash('sha256');
  readonly #nowMs: () => number;
  readonly #onLine: (line: string) => void;
  readonly #tail: string[] = [];
  #at = 0;

  /** `onLine` gets every line as it is written. */
  constructor(nowMs: () => number, onLine: (line: string) => void = () => {}) {
    this.#nowMs = nowMs;
    this.#onLine = onLine;
  }

  line(text: string): void {
    const line = `${this.#nowMs().toFixed(1)} ${text}`;
    this.#hash.update(line).update('\n');
    this.#tail[this.#at % TAIL_LINES] = line;
    this.#at += 1;
    this.#onLine(line);
  }

  /** The last lines, oldest first. */
  tail(lines: number): string[] {
    const kept = Math.min(this.#at, TAIL_LINES, lines);
    return Array.from({ length: kept }, (_, i) => this.#tail[(this.#at - kept + i) % TAIL_LINES] ?? '');
  }

  digest(): string {
    return this.#hash.copy().digest('hex').slice(0, 16);
  }
}
