import type { ChatRequest } from '@parley/contracts';
import { encodeFormat as encodeAnthropicFormat } from '../anthropic-messages/format.ts';
import type { Loss, Target } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';

/** How the answer's form is asked for: natively, or by an instruction that ends the system prompt. */
export type AnswerFormat = { outputConfig?: JsonObject; instruction?: string };

const MAX_NAME_CHARS = 64;

/**
 * Bedrock's structured outputs have the limits of Anthropic's, whoever made the model; only the wrapping differs, in
 * which the schema is a text. A model that is not known to have them is asked in words: it would refuse the field.
 * Source: https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
 */
export function encodeFormat(request: ChatRequest, target: Target, losses: Loss[]): AnswerFormat {
  const capabilities = { ...target.capabilities, json_schema: target.capabilities.json_schema === true };
  const { format, instruction } = encodeAnthropicFormat(request, { ...target, capabilities }, losses);
  if (instruction !== undefined) return { instruction };
  const wanted = request.response_format;
  if (!isObject(format?.['schema']) || wanted?.type !== 'json_schema') return {};
  const { name, description } = wanted.json_schema;
  const jsonSchema = {
    schema: JSON.stringify(format['schema']),
    name: name.replace(/[^\w-]/g, '_').slice(0, MAX_NAME_CHARS),
    ...(description && { description }),
  };
  return { outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema } } } };
}
