import { BATCH_ENDPOINTS, BATCH_LIMITS, invalidRequest } from '@parley/contracts';
import { z } from 'zod';

/** How long output files may be asked to live (https://platform.openai.com/docs/api-reference/batch/create). */
const EXPIRES_AFTER_S = { minimum: 3_600, maximum: 2_592_000 };

export const expiresAfterSchema = z.strictObject({
  anchor: z.literal('created_at'),
  seconds: z.coerce.number().int().min(EXPIRES_AFTER_S.minimum).max(EXPIRES_AFTER_S.maximum),
});

/** Postgres's JSON cannot hold U+0000 wherever it is looked into. */
const text = (maximumChars: number) =>
  z
    .string()
    .max(maximumChars)
    .refine((value) => !value.includes('\0'), 'must not contain U+0000');

const metadata = z
  .record(text(BATCH_LIMITS.maxMetadataKeyChars), text(BATCH_LIMITS.maxMetadataValueChars))
  .refine((pairs) => Object.keys(pairs).length <= BATCH_LIMITS.maxMetadataPairs, {
    message: `must have at most ${BATCH_LIMITS.maxMetadataPairs} pairs`,
  });

/** `POST /v1/batches`. `requests` holds the lines of the input file inline; there `method` and `url` may be left out. */
export const createBatchSchema = z
  .strictObject({
    input_file_id: z.string().min(1).optional(),
    requests: z.array(z.looseObject({})).min(1).max(BATCH_LIMITS.maxRequests).optional(),
    endpoint: z.enum(BATCH_ENDPOINTS),
    completion_window: z.literal(`${BATCH_LIMITS.windowHours}h`),
    metadata: metadata.nullish(),
    output_expires_after: expiresAfterSchema.nullish(),
  })
  .refine((body) => (body.input_file_id === undefined) !== (body.requests === undefined), {
    path: ['input_file_id'],
    message: 'must be given, unless requests is',
  });

export type CreateBatchBody = z.output<typeof createBatchSchema>;

/** The input file that the inline requests amount to, line by line. */
export async function* toInputFile(requests: Record<string, unknown>[], endpoint: string): AsyncGenerator<Buffer> {
  for (const request of requests) yield Buffer.from(`${toJson({ method: 'POST', url: endpoint, ...request })}\n`);
}

function toJson(request: Record<string, unknown>): string {
  try {
    return JSON.stringify(request);
  } catch (error) {
    // JSON.parse needs no stack, JSON.stringify does.
    if (error instanceof RangeError) throw invalidRequest('requests', 'must not be nested so deep');
    throw error;
  }
}
