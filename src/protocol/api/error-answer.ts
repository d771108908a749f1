/** The one shape of every error, over HTTP and in `ack: "error"` frames. The codes are in ../errors.ts. */
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../errors.ts';

export const ERROR_CODES = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

export const publicErrorSchema = z
  .strictObject({
    code: z.enum(ERROR_CODES),
    message: z.string(),
    retryable: z.boolean().meta({
      description: 'Whether the same request under the same idempotency key may succeed later.',
    }),
    details: z.exactOptional(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))),
  })
  .meta({ id: 'Error' });

export const errorAnswerSchema = z.strictObject({ error: publicErrorSchema }).meta({ id: 'ErrorAnswer' });
