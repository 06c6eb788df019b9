import type { ChatRequest } from '@parley/contracts';
import type { EncodedRequest, Loss, Target } from '../dialect.ts';
import { encodeFormat } from './format.ts';
import { isObject, objectsIn, type JsonObject } from '../json-values.ts';
import { encodeMessages, type Turn } from './messages.ts';
import { encodeReasoning, isThinking } from './reasoning.ts';
import { encodeSampling } from './sampling.ts';
import { encodeTools, isForced, type EncodedTools } from './tools.ts';

/** Anthropic's own request fields, accepted in hub requests and passed on unchanged. */
const NATIVE_FIELDS = ['cache_control', 'container', 'context_management', 'mcp_servers'] as const;

/** Fields that are written under some name, and those that are ours alone and mean nothing to a provider. */
const HANDLED: ReadonlySet<string> = new Set([
  ...NATIVE_FIELDS,
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
  'output_config',
  'user',
  'safety_identifier',
  'metadata',
  'service_tier',
  'models',
  'provider',
  'stream_options',
]);

/** Fields whose "off" value asks for nothing. */
const OFF: Readonly<Record<string, unknown>> = { logprobs: false, presence_penalty: 0, frequency_penalty: 0 };

const MAX_USER_ID_CHARS = 256;

/**
 * Writes a hub request as a body for `POST /v1/messages`.
 * Source: https://docs.claude.com/en/api/messages. Anthropic refuses fields that it does not know, so that only fields
 * named here are sent and every other one is reported as a loss.
 */
export function encodeRequest(request: ChatRequest, target: Target): EncodedRequest {
  const losses: Loss[] = [];
  const { system, turns } = encodeMessages(request.messages, losses);
  refuseImages(turns, target, losses);
  const reasoning = encodeReasoning(request, target, turns, losses);
  const thinks = isThinking(reasoning.thinking);
  const { format, instruction } = encodeFormat(request, target, losses);
  if (instruction) system.push({ type: 'text', text: instruction });
  const outputConfig = {
    ...(reasoning.effort && { effort: reasoning.effort }),
    ...(format && { format }),
    ...(isObject(request['output_config']) && request['output_config']),
  };
  const tools = encodeTools(request, target, turns, losses);

  const body: JsonObject = {
    model: target.upstreamModel,
    max_tokens: reasoning.maxTokens,
    ...(system.length > 0 && { system }),
    messages: turns,
    ...(thinks ? unforced(tools, losses) : tools),
    ...(reasoning.thinking && { thinking: reasoning.thinking }),
    ...(Object.keys(outputConfig).length > 0 && { output_config: outputConfig }),
    ...encodeSampling(request, target, thinks, losses),
    ...encodeStop(request, losses),
    ...encodeMetadata(request, losses),
    ...encodeServiceTier(request, losses),
    ...(request.stream === true && { stream: true }),
  };
  for (const field of NATIVE_FIELDS) {
    if (isPresent(request[field])) body[field] = request[field];
  }
  reportUnsent(request, losses);
  return { body: editBody(body, target), losses };
}

function editBody(body: JsonObject, { bodyEdits }: Target): JsonObject {
  if (!bodyEdits) return body;
  return Object.fromEntries(Object.entries({ ...body, ...bodyEdits }).filter(([, value]) => value !== undefined));
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function refuseImages(turns: Turn[], target: Target, losses: Loss[]): void {
  if (target.capabilities.images !== false) return;
  const blocks = turns.flatMap((turn) => turn.content);
  const insideResults = blocks.flatMap((block) => objectsIn(block['content']));
  if ([...blocks, ...insideResults].some((block) => block['type'] === 'image')) {
    losses.push({ param: 'messages', action: 'refused', reason: 'the model does not read images' });
  }
}

/** Thinking goes only with a free choice of tools: `Thinking may not be enabled when tool_choice forces tool use`. */
function unforced(tools: EncodedTools, losses: Loss[]): EncodedTools {
  if (!tools.tool_choice || !isForced(tools.tool_choice)) return tools;
  losses.push({ param: 'tool_choice', action: 'dropped', reason: 'a forced call does not go together with reasoning' });
  const { name: _name, ...choice } = tools.tool_choice;
  return { ...tools, tool_choice: { ...choice, type: 'auto' } };
}

/** `stop_sequences: each stop sequence must contain non-whitespace`. */
function encodeStop(request: ChatRequest, losses: Loss[]): JsonObject {
  const { stop } = request;
  if (!isPresent(stop)) return {};
  const single = typeof stop === 'string';
  const kept = (single ? [stop] : (stop ?? [])).filter((sequence, index) => {
    if (sequence.trim() !== '') return true;
    const param = single ? 'stop' : `stop.${index}`;
    losses.push({ param, action: 'dropped', reason: 'a stop sequence must hold more than white space' });
    return false;
  });
  return kept.length > 0 ? { stop_sequences: kept } : {};
}

function encodeMetadata(request: ChatRequest, losses: Loss[]): JsonObject {
  const { user_id: userId, ...others } = request.metadata ?? {};
  for (const key of Object.keys(others)) {
    losses.push({ param: `metadata.${key}`, action: 'dropped', reason: 'only user_id is taken' });
  }
  const [param, value] =
    [
      ['metadata.user_id', userId],
      ['safety_identifier', request['safety_identifier']],
      ['user', request.user],
    ].find(([, candidate]) => isPresent(candidate) && candidate !== '') ?? [];
  if (typeof param !== 'string') return {};
  // Anthropic's reference: an opaque identifier of at most 256 characters, with no e-mail address in it.
  if (typeof value === 'string' && value.length <= MAX_USER_ID_CHARS && !value.includes('@')) {
    return { metadata: { user_id: value } };
  }
  losses.push({ param, action: 'dropped', reason: 'must be an opaque identifier of at most 256 characters' });
  return {};
}

function encodeServiceTier(request: ChatRequest, losses: Loss[]): JsonObject {
  const tier = request.service_tier;
  if (!isPresent(tier)) return {};
  if (tier === 'auto' || tier === 'standard_only') return { service_tier: tier };
  losses.push({ param: 'service_tier', action: 'dropped', reason: 'only auto and standard_only exist' });
  return {};
}

function reportUnsent(request: ChatRequest, losses: Loss[]): void {
  for (const [param, value] of Object.entries(request)) {
    if (HANDLED.has(param) || !isPresent(value) || OFF[param] === value) continue;
    losses.push({ param, action: 'dropped', reason: 'the provider has no such field' });
  }
}
