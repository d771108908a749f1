/** Structured logs (pino). One line of JSON per event; secrets are redacted by name. */
import { type Logger as PinoLogger, pino } from 'pino';

export type Logger = Pick<PinoLogger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

const REDACTED_FIELDS = ['token', '*.token', 'signature', '*.signature', 'authorization', '*.authorization'];

/**
 * `name` tells which process part or actor speaks. Writes to stdout synchronously, so a crash loses no line.
 */
export const createLogger = (level: LogLevel, name: string): Logger =>
  pino({ level, name, base: { name }, redact: REDACTED_FIELDS }, pino.destination({ dest: 1, sync: true }));

export const silentLogger: Logger = pino({ level: 'silent' });
