import type { ChatRequest } from '@parley/contracts';
import type { Loss, Target } from '../dialect.ts';
import type { JsonObject } from '../json-values.ts';
import { encodeSchema } from './schema.ts';

/** How the answer's form is asked for: natively, or by an instruction that ends the system prompt. */
export type AnswerFormat = { format?: JsonObject; instruction?: string };

const ONLY_JSON = 'Answer with one valid JSON object and nothing else: no words around it and no code fence.';

export function encodeFormat(request: ChatRequest, target: Target, losses: Loss[]): AnswerFormat {
  const wanted = request.response_format;
  if (!wanted || wanted.type === 'text') return {};
  const schema = wanted.type === 'json_schema' ? wanted.json_schema.schema : undefined;
  if (schema && target.capabilities.json_schema !== false) {
    const encoded = encodeSchema(schema, 'response_format.json_schema.schema', losses);
    return { format: { type: 'json_schema', schema: encoded } };
  }
  losses.push({ param: 'response_format', action: 'emulated', reason: 'asked for in the system prompt' });
  if (!schema) return { instruction: ONLY_JSON };
  return { instruction: `${ONLY_JSON} It must match this JSON schema:\n${JSON.stringify(schema)}` };
}
