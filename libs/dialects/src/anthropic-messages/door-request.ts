import { createHash } from 'node:crypto';
import { invalidRequest, type ChatRequest, type ReasoningEffort } from '@parley/contracts';
import type { z } from 'zod';
import { refuseBody } from '../openai-chat/request.ts';
import { decodeMessages } from './door-messages.ts';
import { offeredTools } from './door-offered-tools.ts';
import { countRequest, messagesRequest } from './door-schema.ts';
import { decodeTools } from './door-tools.ts';
import { isObject, textOr, type JsonObject } from '../json-values.ts';

/** Names that mean something in the hub and nothing at Anthropic, which refuses them as well. */
const HUB_NAMES: ReadonlySet<string> = new Set([
  'max_completion_tokens',
  'stop',
  'n',
  'seed',
  'presence_penalty',
  'frequency_penalty',
  'logprobs',
  'top_logprobs',
  'logit_bias',
  'user',
  'parallel_tool_calls',
  'response_format',
  'reasoning_effort',
  'stream_options',
]);

/** OpenAI takes no longer ones. */
const MAX_USER_CHARS = 64;

/** What `thinking` does where no effort is named: https://docs.claude.com/en/docs/build-with-claude/effort */
const DEFAULT_EFFORT = 'high';
const LOW_BUDGET_TOKENS = 4096;
const MEDIUM_BUDGET_TOKENS = 10_000;

/** Reads a body of `POST /v1/messages`. Source: https://docs.claude.com/en/api/messages. Throws `invalid_request`. */
export function decodeRequest(body: unknown): ChatRequest {
  const parsed = messagesRequest.safeParse(body);
  if (!parsed.success) throw refuseBody(parsed.error.issues);
  return toHub(body as z.infer<typeof messagesRequest>);
}

/** Reads a body of `POST /v1/messages/count_tokens`, which asks for no answer. Throws `invalid_request`. */
export function decodeCountRequest(body: unknown): ChatRequest {
  const parsed = countRequest.safeParse(body);
  if (!parsed.success) throw refuseBody(parsed.error.issues);
  return toHub(body as z.infer<typeof countRequest>);
}

/** What has no counterpart keeps its name: the dialect of the target takes or reports it. */
function toHub(body: z.infer<typeof countRequest> & Partial<z.infer<typeof messagesRequest>>): ChatRequest {
  const {
    model,
    messages,
    system,
    tools,
    tool_choice: choice,
    thinking,
    output_config: config,
    output_format: olderFormat,
    max_tokens: maxTokens,
    stream,
    stop_sequences: stop,
    metadata,
    service_tier: tier,
    ...unchanged
  } = body;
  const unknown = Object.keys(unchanged).find((field) => HUB_NAMES.has(field));
  if (unknown !== undefined) throw invalidRequest(unknown, 'is not a field of this API');
  return {
    ...unchanged,
    model,
    messages: decodeMessages(system, messages),
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    ...(stream && { stream, stream_options: { include_usage: true } }),
    ...(stop && stop.length > 0 && { stop }),
    ...decodeTools(offeredTools(tools, messages), choice ?? undefined),
    ...decodeThinkingConfig(thinking ?? undefined, config?.effort ?? undefined),
    ...decodeFormat(config?.format ?? olderFormat ?? undefined),
    ...decodeRestOfConfig(config ?? {}),
    ...decodeUser(metadata?.user_id),
    ...(tier === 'standard_only' && { service_tier: 'default' }),
  };
}

/** The effort says it for every provider; a budget stays beside it, more exact for those that know it. */
function decodeThinkingConfig(
  thinking: JsonObject | undefined,
  effort: ReasoningEffort | undefined,
): Partial<ChatRequest> {
  if (thinking?.['type'] === 'disabled') return { reasoning_effort: 'none' };
  const budget = thinking?.['budget_tokens'];
  if (typeof budget === 'number') return { reasoning_effort: effort ?? effortOf(budget), thinking };
  const level = effort ?? (thinking ? DEFAULT_EFFORT : undefined);
  return level ? { reasoning_effort: level } : {};
}

function effortOf(budgetTokens: number): ReasoningEffort {
  if (budgetTokens <= LOW_BUDGET_TOKENS) return 'low';
  return budgetTokens <= MEDIUM_BUDGET_TOKENS ? 'medium' : 'high';
}

/** Anthropic's schemas have no name, which the hub asks for. */
function decodeFormat(format: JsonObject | undefined): Partial<ChatRequest> {
  const schema = format?.['schema'];
  if (!isObject(schema)) return {};
  return { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } } };
}

function decodeRestOfConfig({ effort: _effort, format: _format, ...rest }: JsonObject): JsonObject {
  return Object.keys(rest).length > 0 ? { output_config: rest } : {};
}

/** An identifier that is too long for others is stood in for by its hash, which tells users apart as well. */
function decodeUser(id: unknown): Partial<ChatRequest> {
  const user = textOr(id, '');
  if (user === '') return {};
  return { user: user.length <= MAX_USER_CHARS ? user : createHash('sha256').update(user).digest('hex') };
}
