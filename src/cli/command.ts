/**
 * What a command is. Progress goes to standard error, the result is one JSON object as the last line of
 * standard output, so that every command can be read by a person and by a program.
 */
export interface Command {
  /** One line for `touchline help`. */
  readonly summary: string;
  /** Options as shown by help: `--name VALUE  meaning`. */
  readonly options: readonly string[];
  run(args: readonly string[]): Promise<CommandResult>;
}

export interface CommandResult {
  /** Printed as one line of JSON. */
  readonly json: unknown;
  /** 0 unless what was asked for does not hold. */
  readonly exitCode: number;
}

/** A mistake in how the command was called: shown without a stack. */
export class UsageError extends Error {}

export const progress = (line: string): void => console.error(line);
