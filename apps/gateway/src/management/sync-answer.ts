import { errorBody, type Locale } from '@parley/contracts';
import type { ConnectionSync } from '@parley/inference';
import { z } from 'zod';

const modelIds = z.array(z.string());

const fieldChange = z.object({
  model_id: z.string(),
  field: z.string().describe('Its name in the table of models, such as `context_length`.'),
  from: z.unknown(),
  to: z.unknown(),
});

const connectionSync = z.object({
  connection: z.string(),
  added: modelIds.describe('Models that the table did not have.'),
  changed: z.array(fieldChange),
  missing: modelIds.describe('Models that the provider listed once and lists no more.'),
  unchanged: z.int().describe('How many other models of the connection stayed as they are.'),
  error: z
    .looseObject({ message: z.string(), type: z.string(), code: z.string(), request_id: z.string() })
    .nullable()
    .describe('Why its provider could not be asked, as in any error answer; its models are then as they were.'),
});

/** What a sync answers; with `preview` nothing was written. */
export const syncAnswerSchema = z.object({
  preview: z.boolean(),
  data: z.array(connectionSync),
  has_more: z.boolean(),
});
export type SyncAnswer = z.infer<typeof syncAnswerSchema>;

export function syncAnswer(
  syncs: readonly ConnectionSync[],
  { preview, locale, requestId }: { preview: boolean; locale: Locale; requestId: string },
): SyncAnswer {
  const data = syncs.map(({ changed, error, ...report }) => ({
    ...report,
    changed: changed.map(({ modelId, ...change }) => ({ model_id: modelId, ...change })),
    error: error && errorBody(error, locale, requestId).error,
  }));
  return { preview, data, has_more: false };
}
