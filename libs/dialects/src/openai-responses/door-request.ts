import type { ChatMessage, ChatRequest, ChatResponseFormat } from '@parley/contracts';
import { invalidRequest } from '@parley/contracts';
import type { Loss } from '../dialect.ts';
import { isObject, objectsIn, textOr } from '../json-values.ts';
import { isRecalled } from './conversation.ts';
import { decodeInput, HUB_ITEMS } from './door-input.ts';
import { checkRequest, inputItems, isPresent, itemType, type ResponsesRequest } from './door-schema.ts';
import { decodeToolChoice, decodeTools } from './door-tools.ts';

const LOGPROBS = 'message.output_text.logprobs';

/** Fields that have the same values in the hub, by its names. */
const SAME_VALUES: readonly [name: string, hubName: string][] = [
  ['max_output_tokens', 'max_completion_tokens'],
  ['temperature', 'temperature'],
  ['top_p', 'top_p'],
  ['user', 'user'],
  ['service_tier', 'service_tier'],
  ['models', 'models'],
  ['provider', 'provider'],
];

/** Fields that are read into the hub, and those that speak to the gateway. */
const READ: ReadonlySet<string> = new Set([
  'model',
  'input',
  'instructions',
  'stream',
  'max_output_tokens',
  'temperature',
  'top_p',
  'top_logprobs',
  'parallel_tool_calls',
  'tools',
  'tool_choice',
  'text',
  'reasoning',
  'user',
  'service_tier',
  'models',
  'provider',
  'store',
  'previous_response_id',
  'metadata',
  'background',
]);

/** Fields without which the answer is the same: hints for a provider's caches and books, and what to show of it. */
const HINTS: ReadonlySet<string> = new Set([
  'include',
  'stream_options',
  'client_metadata',
  'prompt_cache_key',
  'prompt_cache_retention',
  'prompt_cache_options',
  'safety_identifier',
]);

/** What cannot be left out: without it the model would not know what it is asked. */
const ESSENTIAL: Readonly<Record<string, string>> = {
  prompt: 'a prompt template is kept at its provider',
  conversation: 'a conversation is kept at its provider',
};

/**
 * Reads a body of `POST /v1/responses`. Usage is always asked for, since every answer of this API tells it. Throws
 * `invalid_request` naming the field.
 */
export function decodeResponsesRequest(body: unknown): ChatRequest {
  const asked = checkRequest(body);
  if (isPresent(asked.previous_response_id) && !isRecalled(body)) {
    throw invalidRequest('previous_response_id', 'cannot be used here: send the whole conversation as input');
  }
  const request: ChatRequest = {
    model: asked.model,
    messages: [...decodeInstructions(asked.instructions), ...decodeInput(inputItems(asked))],
  };
  for (const [name, hubName] of SAME_VALUES) if (isPresent(asked[name])) request[hubName] = asked[name];
  if (asked.stream === true) Object.assign(request, { stream: true, stream_options: { include_usage: true } });
  if (asked.include?.includes(LOGPROBS) || (asked.top_logprobs ?? 0) > 0) request.logprobs = true;
  if (request.logprobs && isPresent(asked.top_logprobs)) request.top_logprobs = asked.top_logprobs;
  if (isPresent(asked.reasoning?.effort)) request.reasoning_effort = asked.reasoning!.effort!;
  if (isPresent(asked.text)) addTextConfig(request, asked.text!);
  if (isPresent(asked.tools)) addTools(request, asked);
  return request;
}

function addTextConfig(request: ChatRequest, { format, verbosity }: NonNullable<ResponsesRequest['text']>): void {
  const decoded = decodeFormat(format);
  if (decoded) request.response_format = decoded;
  if (isPresent(verbosity)) request['verbosity'] = verbosity;
}

function addTools(request: ChatRequest, asked: ResponsesRequest): void {
  const tools = decodeTools(asked.tools);
  if (tools.length === 0) return;
  request.tools = tools;
  const choice = decodeToolChoice(asked.tool_choice);
  if (choice !== undefined) request.tool_choice = choice;
  if (isPresent(asked.parallel_tool_calls)) request.parallel_tool_calls = asked.parallel_tool_calls!;
}

/** What of a checked body has no place in the hub, and so reaches only targets that speak this API. */
export function lossesInHub(body: unknown): Loss[] {
  const asked = body as ResponsesRequest;
  const losses: Loss[] = [];
  for (const [param, value] of Object.entries(asked)) {
    if (READ.has(param) || HINTS.has(param) || !asksForSomething(param, value)) continue;
    const reason = ESSENTIAL[param];
    losses.push({ param, action: reason ? 'refused' : 'dropped', reason: reason ?? 'the provider has no such field' });
  }
  for (const [index, item] of inputItems(asked).entries()) {
    const type = itemType(item);
    if (HUB_ITEMS.has(type)) continue;
    const param = `input.${index}`;
    const isReference = type === 'item_reference';
    const reason = isReference ? 'an item that is kept at its provider' : 'an item that only its provider can read';
    losses.push({ param, action: isReference ? 'refused' : 'dropped', reason });
  }
  return [...losses, ...lostTools(asked)];
}

/** Tools that their provider runs itself, and a choice of them: also one of any tool, where no other is left. */
function lostTools({ tools, tool_choice: choice }: ResponsesRequest): Loss[] {
  const reason = 'the provider has no such tool';
  const offered = objectsIn(tools);
  const foreign = offered.flatMap(({ type }, index) => (type === 'function' || type === 'namespace' ? [] : [index]));
  const losses = foreign.map((index): Loss => ({ param: `tools.${index}`, action: 'dropped', reason }));
  const isChosen = isObject(choice) || choice === 'required';
  const isNothingLeft = foreign.length > 0 && foreign.length === offered.length;
  if (isChosen && (isNothingLeft || decodeToolChoice(choice) === undefined)) {
    losses.push({ param: 'tool_choice', action: 'dropped', reason });
  }
  return losses;
}

function asksForSomething(param: string, value: unknown): boolean {
  return isPresent(value) && value !== false && !(param === 'truncation' && value === 'disabled');
}

function decodeInstructions(instructions: ResponsesRequest['instructions']): ChatMessage[] {
  if (typeof instructions === 'string') return instructions === '' ? [] : [{ role: 'system', content: instructions }];
  return decodeInput(objectsIn(instructions));
}

function decodeFormat(format: unknown): ChatResponseFormat | undefined {
  if (!isObject(format) || format['type'] === 'text') return undefined;
  if (format['type'] === 'json_object') return { type: 'json_object' };
  const { name, description, schema, strict } = format;
  return {
    type: 'json_schema',
    json_schema: {
      name: textOr(name, ''),
      ...(typeof description === 'string' && { description }),
      ...(isObject(schema) && { schema }),
      ...(typeof strict === 'boolean' && { strict }),
    },
  };
}
