import type { ChatRequest } from '@parley/contracts';
import { encodeSampling } from '../anthropic-messages/sampling.ts';
import type { EncodedRequest, Loss, Target } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import { encodeFormat } from './format.ts';
import { encodeMessages, type Turn } from './messages.ts';
import { isClaude, makerOf } from './model-words.ts';
import { encodeReasoning, type Reasoning } from './reasoning.ts';
import { encodeTools } from './tools.ts';

/** Converse's own request fields, accepted in hub requests and passed on unchanged. */
const NATIVE_FIELDS = ['guardrailConfig', 'performanceConfig', 'promptVariables'] as const;

/** Fields that are written under some name, and those that are ours alone and mean nothing to a provider. */
const HANDLED: ReadonlySet<string> = new Set([
  ...NATIVE_FIELDS,
  'additionalModelRequestFields',
  'model',
  'messages',
  'stream',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'n',
  'temperature',
  'top_p',
  'top_k',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'reasoning_effort',
  'thinking',
  'metadata',
  'service_tier',
  'models',
  'provider',
  'stream_options',
]);

/** Fields whose "off" value asks for nothing. */
const OFF: Readonly<Record<string, unknown>> = { logprobs: false, presence_penalty: 0, frequency_penalty: 0 };

/** OpenAI's names of tiers that Bedrock knows too; `auto` is what holds when nothing is said. */
const SERVICE_TIERS: ReadonlySet<unknown> = new Set(['default', 'flex', 'priority']);

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html (requestMetadata) */
const METADATA_TEXT = /^[a-zA-Z0-9\s:_@$#=/+,\-.]{1,256}$/;

/** Writes a hub request as a body for `POST /model/{id}/converse`; the model and whether to stream stand in the path. */
export function encodeRequest(request: ChatRequest, target: Target): EncodedRequest {
  const losses: Loss[] = [];
  const { system, turns } = encodeMessages(request.messages, target.upstreamModel, losses);
  refuseImages(turns, target, losses);
  const reasoning = encodeReasoning(request, target, turns, losses);
  const { outputConfig, instruction } = encodeFormat(request, target, losses);
  const tools = encodeTools(request, target, turns, reasoning.thinks, losses);
  for (const text of [instruction, tools.instruction]) if (text !== undefined) system.push({ text });
  const sampling = encodeSamplingFields(request, target, reasoning, losses);
  const inferenceConfig = {
    ...(reasoning.maxTokens !== undefined && { maxTokens: reasoning.maxTokens }),
    ...sampling.inferenceConfig,
    ...encodeStop(request, target, losses),
  };
  const additional = {
    ...reasoning.fields,
    ...sampling.fields,
    ...tools.fields,
    ...(isObject(request['additionalModelRequestFields']) && request['additionalModelRequestFields']),
  };

  const body: JsonObject = {
    messages: turns,
    ...(system.length > 0 && { system }),
    ...(Object.keys(inferenceConfig).length > 0 && { inferenceConfig }),
    ...(tools.toolConfig && { toolConfig: tools.toolConfig }),
    ...(outputConfig && { outputConfig }),
    ...(Object.keys(additional).length > 0 && { additionalModelRequestFields: additional }),
    ...encodeMetadata(request, losses),
    ...encodeServiceTier(request, losses),
  };
  for (const field of NATIVE_FIELDS) {
    if (isPresent(request[field])) body[field] = request[field];
  }
  reportUnsent(request, target, losses);
  return { body, losses };
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function refuseImages(turns: Turn[], target: Target, losses: Loss[]): void {
  if (target.capabilities.images !== false) return;
  const blocks = turns.flatMap((turn) => turn.content);
  const insideResults = blocks.flatMap(({ toolResult }) => (isObject(toolResult) ? toolResult['content'] : []));
  if ([...blocks, ...insideResults].some((block) => isObject(block) && block['image'] !== undefined)) {
    losses.push({ param: 'messages', action: 'refused', reason: 'the model does not read images' });
  }
}

/** The ranges and exclusions are those of Claude, which Converse made its own; `top_k` is the maker's business. */
function encodeSamplingFields(
  request: ChatRequest,
  target: Target,
  { thinks, alone }: Reasoning,
  losses: Loss[],
): { inferenceConfig: JsonObject; fields: JsonObject } {
  const capabilities = alone ? { ...target.capabilities, sampling: false } : target.capabilities;
  const {
    temperature,
    top_p: topP,
    top_k: topK,
  } = encodeSampling(request, { ...target, capabilities }, thinks, losses);
  const inferenceConfig = { ...(isPresent(temperature) && { temperature }), ...(isPresent(topP) && { topP }) };
  if (!isPresent(topK)) return { inferenceConfig, fields: {} };
  if (isClaude(target.upstreamModel)) return { inferenceConfig, fields: { top_k: topK } };
  if (makerOf(target.upstreamModel) === 'amazon') return { inferenceConfig, fields: { inferenceConfig: { topK } } };
  losses.push({ param: 'top_k', action: 'dropped', reason: 'the provider has no such field for this model' });
  return { inferenceConfig, fields: {} };
}

/** Empty sequences are refused by all, those of white space by Claude. */
function encodeStop(request: ChatRequest, target: Target, losses: Loss[]): JsonObject {
  const { stop } = request;
  if (!isPresent(stop)) return {};
  const single = typeof stop === 'string';
  const kept = (single ? [stop] : (stop ?? [])).filter((sequence, index) => {
    if ((isClaude(target.upstreamModel) ? sequence.trim() : sequence) !== '') return true;
    const param = single ? 'stop' : `stop.${index}`;
    losses.push({ param, action: 'dropped', reason: 'a stop sequence must hold more than white space' });
    return false;
  });
  return kept.length > 0 ? { stopSequences: kept } : {};
}

function encodeMetadata(request: ChatRequest, losses: Loss[]): JsonObject {
  const entries = Object.entries(request.metadata ?? {}).filter(([key, value]) => {
    if (METADATA_TEXT.test(key) && (value === '' || METADATA_TEXT.test(value))) return true;
    losses.push({ param: `metadata.${key}`, action: 'dropped', reason: 'it holds characters that are not taken' });
    return false;
  });
  return entries.length > 0 ? { requestMetadata: Object.fromEntries(entries) } : {};
}

function encodeServiceTier(request: ChatRequest, losses: Loss[]): JsonObject {
  const tier = request.service_tier;
  if (!isPresent(tier) || tier === 'auto') return {};
  if (SERVICE_TIERS.has(tier)) return { serviceTier: { type: tier } };
  losses.push({ param: 'service_tier', action: 'dropped', reason: 'only default, flex and priority exist' });
  return {};
}

function reportUnsent(request: ChatRequest, target: Target, losses: Loss[]): void {
  if (isPresent(request['thinking']) && !isClaude(target.upstreamModel)) {
    losses.push({ param: 'thinking', action: 'dropped', reason: 'only Claude knows it' });
  }
  for (const [param, value] of Object.entries(request)) {
    if (HANDLED.has(param) || !isPresent(value) || OFF[param] === value) continue;
    losses.push({ param, action: 'dropped', reason: 'the provider has no such field' });
  }
}
