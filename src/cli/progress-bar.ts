/** How far a long command is, on standard error: one line redrawn on a terminal, else a line each tenth. */
const WIDTH = 30;
const REDRAW_MS = 100;

export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export class ProgressBar {
  readonly #output: ProgressOutput;
  readonly #label: string;
  #drawnAtMs = 0;
  #tenths = -1;

  constructor(label: string, output: ProgressOutput = process.stderr) {
    this.#label = label;
    this.#output = output;
  }

  /** `fraction` from 0 to 1; `note` says what was done so far. */
  show(fraction: number, note: string): void {
    const part = Math.min(1, Math.max(0, fraction));
    const isEnd = part === 1;
    if (this.#output.isTTY) {
      if (!isEnd && Date.now() - this.#drawnAtMs < REDRAW_MS) return;
      this.#drawnAtMs = Date.now();
      const full = '█'.repeat(Math.round(part * WIDTH)).padEnd(WIDTH, '░');
      this.#output.write(`\r\x1b[K${this.#label} ${full} ${percent(part)}  ${note}${isEnd ? '\n' : ''}`);
      return;
    }
    const tenths = Math.floor(part * 10);
    if (tenths === this.#tenths) return;
    this.#tenths = tenths;
    this.#output.write(`${this.#label} ${percent(part)}  ${note}\n`);
  }
}

const percent = (part: number): string => `${Math.floor(part * 100)} %`.padStart(5);
