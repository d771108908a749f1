/**
 * Something this process must not start on: starting again would not help, a person has to look. The process
 * ends with START_REFUSED_EXIT_CODE, which tells a process manager not to restart it.
 */
export const START_REFUSED_EXIT_CODE = 3;

export class StartRefusedError extends Error {
  /** SCREAMING_SNAKE, for logs and people. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}
