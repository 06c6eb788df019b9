import { invalidRequest } from '@parley/contracts';
import { z } from 'zod';
import { base64Text, mediaUrl } from '../media.ts';
import { refuseBody } from '../openai-chat/request.ts';
import { isObject, objectsIn, textOr, type JsonObject } from '../json-values.ts';

/**
 * Only what could not be understood is refused here; unknown fields, items, parts and tools are legal: a target that
 * speaks this API gets them as they are. Source: https://platform.openai.com/docs/api-reference/responses/create
 */
const text = z.string();
const name = z.string().min(1);
const effort = z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);

const textPart = z.looseObject({ type: z.enum(['input_text', 'output_text', 'text']), text });
const refusalPart = z.looseObject({ type: z.literal('refusal'), refusal: text });
const imagePart = z
  .looseObject({ type: z.literal('input_image'), image_url: mediaUrl.nullish(), file_id: name.nullish() })
  .refine((part) => part.image_url ?? part.file_id, { path: ['image_url'], error: 'or `file_id` is required' });
const filePart = z
  .looseObject({
    type: z.literal('input_file'),
    file_data: mediaUrl.nullish(),
    file_id: name.nullish(),
    file_url: name.nullish(),
    filename: text.nullish(),
  })
  .refine((part) => part.file_data ?? part.file_id ?? part.file_url, {
    path: ['file_data'],
    error: 'or `file_id` or `file_url` is required',
  });
const audioPart = z.looseObject({
  type: z.literal('input_audio'),
  input_audio: z.looseObject({ data: base64Text, format: name }),
});
const knownPart = z.discriminatedUnion('type', [textPart, refusalPart, imagePart, filePart, audioPart]);
const KNOWN_PARTS: ReadonlySet<string> = new Set([
  'input_text',
  'output_text',
  'text',
  'refusal',
  'input_image',
  'input_file',
  'input_audio',
]);
/** Services have parts of their own. */
const foreignPart = z.looseObject({ type: text.refine((type) => !KNOWN_PARTS.has(type), { abort: true }) });
const content = z.union([text, z.array(z.union([knownPart, foreignPart]))]);

const ITEMS: Readonly<Record<string, z.ZodType>> = {
  message: z.looseObject({ role: z.enum(['user', 'assistant', 'system', 'developer']), content }),
  function_call: z.looseObject({ call_id: name, name, arguments: text, namespace: text.nullish() }),
  function_call_output: z.looseObject({ call_id: name, output: content }),
  reasoning: z.looseObject({
    summary: z.array(z.looseObject({ type: text })).nullish(),
    content: z.array(z.looseObject({ type: text })).nullish(),
    encrypted_content: text.nullish(),
  }),
  item_reference: z.looseObject({ id: name }),
};

const functionTool = z.looseObject({
  type: z.literal('function'),
  name,
  description: text.nullish(),
  parameters: z.looseObject({}).nullish(),
  strict: z.boolean().nullish(),
});
const namespaceTool = z.looseObject({
  type: z.literal('namespace'),
  name,
  tools: z.array(z.looseObject({ type: text })),
});
const foreignTool = z.looseObject({
  type: text.refine((type) => type !== 'function' && type !== 'namespace', { abort: true }),
});

const format = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text') }),
  z.looseObject({ type: z.literal('json_object') }),
  z.looseObject({ type: z.literal('json_schema'), name, schema: z.looseObject({}) }),
]);

const knownChoice = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('function'), name }),
  z.looseObject({ type: z.literal('allowed_tools'), tools: z.array(z.looseObject({ type: text })) }),
]);
const foreignChoice = z.looseObject({
  type: text.refine((type) => type !== 'function' && type !== 'allowed_tools', { abort: true }),
});

const responsesRequest = z.looseObject({
  model: name,
  input: z.union([text, z.array(z.looseObject({}))]).nullish(),
  instructions: z.union([text, z.array(z.looseObject({}))]).nullish(),
  stream: z.boolean().nullish(),
  store: z.boolean().nullish(),
  background: z.boolean().nullish(),
  previous_response_id: text.nullish(),
  include: z.array(text).nullish(),
  max_output_tokens: z.number().int().positive().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_logprobs: z.number().int().min(0).max(20).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  tools: z.array(z.union([functionTool, namespaceTool, foreignTool])).nullish(),
  tool_choice: z.union([z.enum(['auto', 'none', 'required']), knownChoice, foreignChoice]).nullish(),
  text: z.looseObject({ format: format.nullish(), verbosity: text.nullish() }).nullish(),
  reasoning: z.looseObject({ effort: effort.nullish(), summary: text.nullish() }).nullish(),
  metadata: z.record(text, text).nullish(),
  user: text.nullish(),
  max_tool_calls: z.number().int().positive().nullish(),
  truncation: text.nullish(),
  service_tier: text.nullish(),
  stream_options: z.looseObject({}).nullish(),
  prompt_cache_key: text.nullish(),
  safety_identifier: text.nullish(),
});

/** A checked body: the very object that came in, since its order of keys matters to prompt caches. */
export type ResponsesRequest = z.infer<typeof responsesRequest>;

/** Throws `invalid_request` naming the field. */
export function checkRequest(body: unknown): ResponsesRequest {
  const result = responsesRequest.safeParse(body);
  if (!result.success) throw refuseBody(result.error.issues);
  const request = body as ResponsesRequest;
  if (request.background === true) {
    throw invalidRequest('background', 'cannot be asked for: answers come whole or as a stream');
  }
  if (Array.isArray(request.instructions)) checkItems(request.instructions, 'instructions');
  const items = inputItems(request);
  checkItems(items, 'input');
  if (!isPresent(request['conversation'])) assertCallsKnown(items);
  assertChoiceKnown(request);
  if (isPresent(request['conversation']) && isPresent(request.previous_response_id)) {
    throw invalidRequest('previous_response_id', 'cannot be used together with `conversation`');
  }
  const isSomewhereElse = isPresent(request['prompt']) || isPresent(request['conversation']);
  if (items.length === 0 && !isSomewhereElse) {
    throw invalidRequest('input', isPresent(request.input) ? 'must not be empty' : 'is required');
  }
  return request;
}

/** The input as items: a text stands for a message of the user. */
export function inputItems({ input }: Pick<ResponsesRequest, 'input'>): JsonObject[] {
  if (typeof input === 'string') return input === '' ? [] : [{ type: 'message', role: 'user', content: input }];
  return objectsIn(input);
}

/** Messages may come without a type. */
export const itemType = (item: JsonObject): string =>
  isPresent(item['type']) ? textOr(item['type'], '') : 'role' in item ? 'message' : '';

function checkItems(items: readonly JsonObject[], field: string): void {
  for (const [index, item] of items.entries()) {
    const type = itemType(item);
    if (type === '') {
      throw invalidRequest(`${field}.${index}.type`, isPresent(item['type']) ? 'must be a text' : 'is required');
    }
    const result = Object.hasOwn(ITEMS, type) ? ITEMS[type]!.safeParse(item) : undefined;
    if (!result || result.success) continue;
    throw refuseBody(result.error.issues.map((issue) => ({ ...issue, path: [field, index, ...issue.path] })));
  }
}

/** Every provider refuses a result that answers no call. A reference or a conversation may hold the call, unseen. */
function assertCallsKnown(items: readonly JsonObject[]): void {
  const calls = new Set<unknown>();
  for (const [index, item] of items.entries()) {
    const type = itemType(item);
    if (type === 'item_reference') return;
    if (type.endsWith('_call')) calls.add(item['call_id']);
    else if (type === 'function_call_output' && !calls.has(item['call_id'])) {
      throw invalidRequest(`input.${index}.call_id`, 'names no function call that stands before it');
    }
  }
}

/** Providers refuse a choice of what is not there. Tools of theirs may bring functions that nobody can see here. */
function assertChoiceKnown({ tools, tool_choice: choice, prompt }: ResponsesRequest): void {
  const offered = objectsIn(tools);
  if (isPresent(prompt) || offered.some(({ type }) => type !== 'function')) return;
  if (choice === 'required' && offered.length === 0)
    throw invalidRequest('tool_choice', 'needs `tools` to choose from');
  if (!isObject(choice)) return;
  const chosen = choice['type'] === 'allowed_tools' ? objectsIn(choice['tools']) : [choice];
  for (const { type, name: wanted } of chosen) {
    if (type === 'function' && !offered.some((tool) => tool['name'] === wanted)) {
      throw invalidRequest('tool_choice', 'names a function that is not among `tools`');
    }
  }
}

export const isPresent = (value: unknown): boolean => value !== undefined && value !== null;
