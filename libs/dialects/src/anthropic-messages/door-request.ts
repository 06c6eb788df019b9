import { createHash } from 'node:crypto';
import { invalidRequest, type ChatRequest, type ReasoningEffort } from '@parley/contracts';
import { z } from 'zod';
import type { Loss } from '../dialect.ts';
import { base64Text, mediaType } from '../media.ts';
import { refuseBody } from '../openai-chat/request.ts';
import { decodeMessages } from './door-messages.ts';
import { decodeTools } from './door-tools.ts';
import { isObject, textOr, type JsonObject } from '../json-values.ts';

/**
 * Only what every provider would refuse or misread is checked here. Fields and blocks that are not known yet are legal:
 * Anthropic adds them often, and the relay passes them on.
 */
const KNOWN_BLOCKS = ['text', 'image', 'document', 'thinking', 'redacted_thinking', 'tool_use', 'tool_result'] as const;

const foreignSource = z.looseObject({
  type: z.string().refine((type) => type !== 'base64' && type !== 'url', { abort: true }),
});
const sourceOf = (type: z.ZodType<string>): z.ZodType =>
  z.union([
    z.discriminatedUnion('type', [
      z.looseObject({ type: z.literal('base64'), media_type: type, data: base64Text }),
      z.looseObject({ type: z.literal('url'), url: z.string().min(1) }),
    ]),
    foreignSource,
  ]);
/** https://docs.claude.com/en/docs/build-with-claude/vision; `image/jpg` is a common slip, which others forgive. */
const imageType = z.enum(['image/jpeg', 'image/jpg', 'image/png', 'image/gif', 'image/webp']);
const shownBlocks = [
  z.looseObject({ type: z.literal('text'), text: z.string() }),
  z.looseObject({ type: z.literal('image'), source: sourceOf(imageType) }),
  z.looseObject({ type: z.literal('document'), source: sourceOf(mediaType) }),
] as const;
/** `abort`: otherwise this mismatch would hide what is wrong with a known block. */
const blockBeside = (known: readonly string[]): z.ZodType =>
  z.looseObject({ type: z.string().refine((type) => !known.includes(type), { abort: true }) });
const resultBlock = z.union([z.discriminatedUnion('type', shownBlocks), blockBeside(['text', 'image', 'document'])]);

const knownBlock = z.discriminatedUnion('type', [
  ...shownBlocks,
  z.looseObject({ type: z.literal('thinking'), thinking: z.string() }),
  z.looseObject({ type: z.literal('redacted_thinking'), data: z.string() }),
  z.looseObject({
    type: z.literal('tool_use'),
    id: z.string().min(1),
    name: z.string().min(1),
    input: z.looseObject({}),
  }),
  z.looseObject({
    type: z.literal('tool_result'),
    tool_use_id: z.string().min(1),
    content: z.union([z.string(), z.array(resultBlock)]).nullish(),
  }),
]);
const content = z.union([z.string(), z.array(z.union([knownBlock, blockBeside(KNOWN_BLOCKS)]))]);
const texts = z.union([z.string(), z.array(z.looseObject({ type: z.literal('text'), text: z.string() }))]);

const message = z.discriminatedUnion('role', [
  z.looseObject({ role: z.enum(['user', 'assistant']), content }),
  z.looseObject({ role: z.literal('system'), content: texts }),
]);

const customTool = z.looseObject({
  type: z.literal('custom').nullish(),
  name: z.string().min(1),
  input_schema: z.looseObject({}),
});
const anthropicTool = z.looseObject({ type: z.string().refine((type) => type !== 'custom', { abort: true }) });

const toolChoice = z.discriminatedUnion('type', [
  z.looseObject({ type: z.enum(['auto', 'any', 'none']) }),
  z.looseObject({ type: z.literal('tool'), name: z.string().min(1) }),
]);

const schemaFormat = z.looseObject({ type: z.literal('json_schema'), schema: z.looseObject({}) });

const countRequest = z.looseObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  system: texts.nullish(),
  tools: z.array(z.union([customTool, anthropicTool])).nullish(),
  tool_choice: toolChoice.nullish(),
  thinking: z.looseObject({ type: z.string(), budget_tokens: z.number().int().nullish() }).nullish(),
  output_config: z
    .looseObject({
      effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(),
      format: schemaFormat.nullish(),
    })
    .nullish(),
  output_format: schemaFormat.nullish(),
});

const messagesRequest = countRequest.extend({
  // 0 fills the prompt cache and answers nothing.
  max_tokens: z.number().int().nonnegative(),
  stream: z.boolean().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.number().int().nonnegative().nullish(),
  stop_sequences: z.array(z.string()).nullish(),
  metadata: z.looseObject({ user_id: z.string().nullish() }).nullish(),
  service_tier: z.string().nullish(),
});

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

/** A thread's earlier messages are at Anthropic, so that without it the model would not know what was said. */
export function lossesInHub(body: unknown): Loss[] {
  if (!isObject(body) || body['thread'] === undefined || body['thread'] === null) return [];
  return [{ param: 'thread', action: 'refused', reason: 'a thread is kept at Anthropic: send the whole conversation' }];
}

/** What has no counterpart keeps its name: the dialect of the target takes or reports it. */
function toHub(body: z.infer<typeof countRequest> & Partial<z.infer<typeof messagesRequest>>): ChatRequest {
  const { model, messages, system, tools, tool_choice: choice, thinking, output_config: config, ...others } = body;
  const { max_tokens: maxTokens, stream, stop_sequences: stop, metadata, service_tier: tier, ...rest } = others;
  const { output_format: olderFormat, ...unchanged } = rest;
  const unknown = Object.keys(unchanged).find((field) => HUB_NAMES.has(field));
  if (unknown !== undefined) throw invalidRequest(unknown, 'is not a field of this API');
  return {
    ...unchanged,
    model,
    messages: decodeMessages(system, messages),
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    ...(stream && { stream, stream_options: { include_usage: true } }),
    ...(stop && stop.length > 0 && { stop }),
    ...decodeTools(tools ?? [], choice ?? undefined),
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
