import { invalidRequest, type ChatMessage, type ChatRequest, type GatewayError } from '@parley/contracts';
import { z } from 'zod';
import type { EncodedRequest, Loss, Target } from '../dialect.ts';
import { base64Text, mediaUrl } from '../media.ts';
import { plainRequest } from './plain-request.ts';
import { isForeignCall } from './tool-arguments.ts';
import { draftUpstream } from './upstream-edits.ts';

/**
 * Only what every provider would refuse or misread is checked here; unknown fields are legal. The parsed value is thrown
 * away and the original goes on, because a schema library reorders keys, and key order matters to prompt caches.
 */
const textPart = z.looseObject({ type: z.literal('text'), text: z.string() });
const imagePart = z.looseObject({ type: z.literal('image_url'), image_url: z.looseObject({ url: mediaUrl }) });
const audioPart = z.looseObject({
  type: z.literal('input_audio'),
  input_audio: z.looseObject({ data: base64Text, format: z.string().min(1) }),
});
const filePart = z.looseObject({ type: z.literal('file'), file: z.looseObject({ file_data: mediaUrl.nullish() }) });
const refusalPart = z.looseObject({ type: z.literal('refusal'), refusal: z.string() });
const knownPart = z.discriminatedUnion('type', [textPart, imagePart, audioPart, filePart, refusalPart]);
const KNOWN_PARTS: ReadonlySet<string> = new Set(['text', 'image_url', 'input_audio', 'file', 'refusal']);
/** Compatible providers know parts of their own (video, documents): their dialect decides, not this door. */
const foreignPart = z.looseObject({
  // `abort`: otherwise this mismatch would hide what is wrong with a known part.
  type: z.string().refine((type) => !KNOWN_PARTS.has(type), { abort: true }),
});
const contentPart = z.union([knownPart, foreignPart]);
const content = z.union([z.string(), z.array(contentPart)]);

const functionCall = z.looseObject({
  id: z.string().min(1),
  function: z.looseObject({ name: z.string().min(1), arguments: z.string() }),
});
/** Of a tool that takes free text: https://platform.openai.com/docs/guides/function-calling#custom-tools */
const customCall = z.looseObject({
  id: z.string().min(1),
  type: z.literal('custom'),
  custom: z.looseObject({ name: z.string().min(1), input: z.string() }),
});
const toolCall = z.union([functionCall, customCall]);

const message = z.discriminatedUnion('role', [
  z.looseObject({ role: z.enum(['system', 'developer', 'user']), content }),
  z.looseObject({ role: z.literal('assistant'), content: content.nullish(), tool_calls: z.array(toolCall).nullish() }),
  z.looseObject({ role: z.literal('tool'), content, tool_call_id: z.string().min(1) }),
  z.looseObject({ role: z.literal('function'), content: content.nullish(), name: z.string() }),
]);

const tool = z
  .looseObject({
    type: z.string(),
    function: z.looseObject({ name: z.string().min(1), parameters: z.looseObject({}).nullish() }).optional(),
  })
  .refine(({ type, function: declared }) => type !== 'function' || declared, {
    path: ['function'],
    message: 'is required',
  });

const responseFormat = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text') }),
  z.looseObject({ type: z.literal('json_object') }),
  z.looseObject({ type: z.literal('json_schema'), json_schema: z.looseObject({ name: z.string() }) }),
]);

/** 64 bits at OpenAI, which is more than the numbers that `int()` takes: the relay passes every digit on. */
const seed = z.number().refine(Number.isInteger, 'must be a whole number');

const chatRequest = z.looseObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  n: z.number().int().min(1).max(128).nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  seed: seed.nullish(),
  max_tokens: z.number().int().positive().nullish(),
  max_completion_tokens: z.number().int().positive().nullish(),
  presence_penalty: z.number().nullish(),
  frequency_penalty: z.number().nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.number().int().min(0).nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: z.union([z.enum(['auto', 'none', 'required']), z.looseObject({ type: z.string() })]).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  response_format: responseFormat.nullish(),
  reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  user: z.string().nullish(),
});

/** Checks a chat body as it came in. Throws `invalid_request` naming the field. Gives the very object it was given. */
export function decodeChatRequest(body: unknown): ChatRequest {
  const result = chatRequest.safeParse(body);
  if (!result.success) throw refuseBody(result.error.issues);
  const request = body as ChatRequest;
  assertCallsKnown(request.messages);
  return request;
}

/**
 * What other formats have no word for: calls of tools that take free text, and functions in the form before tools, whose
 * clients wait for a `function_call`. A relay passes them on.
 */
export function lossesInHub(body: unknown): Loss[] {
  const { functions, messages } = body as ChatRequest;
  const calls = messages.flatMap(({ tool_calls: made }, message) =>
    (made ?? []).flatMap((call, index) => {
      if (!isForeignCall(call)) return [];
      const param = `messages.${message}.tool_calls.${index}`;
      return [{ param, action: 'refused' as const, reason: 'only calls of function tools are supported' }];
    }),
  );
  if (!Array.isArray(functions) || functions.length === 0) return calls;
  return [...calls, { param: 'functions', action: 'refused', reason: 'send them as tools of type function' }];
}

/** OpenAI refuses a result that answers no call: https://platform.openai.com/docs/guides/function-calling */
function assertCallsKnown(messages: readonly ChatMessage[]): void {
  const calls = new Set<unknown>();
  for (const [index, { role, tool_calls: made, tool_call_id: id }] of messages.entries()) {
    if (role === 'assistant') for (const call of made ?? []) calls.add(call.id);
    else if (role === 'tool' && !calls.has(id)) {
      throw invalidRequest(`messages.${index}.tool_call_id`, 'names no tool call that stands before it');
    }
  }
}

/** The first thing that a schema found wrong with a body, as the caller's error. */
export function refuseBody(issues: readonly z.core.$ZodIssue[]): GatewayError {
  const issue = deepestIssue(issues);
  return invalidRequest(issue.path.join('.') || 'body', describeIssue(issue));
}

/** A union reports the failures of each of its members: the one that got furthest is the one to show. */
function deepestIssue(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue {
  const issue = issues[0]!;
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue;
  const inner = issue.errors.map((branch) => deepestIssue(branch)).sort((a, b) => b.path.length - a.path.length)[0]!;
  return inner.path.length > 0 ? { ...inner, path: [...issue.path, ...inner.path] } : issue;
}

function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.message.endsWith('received undefined')) return 'is required';
  if (issue.code === 'invalid_union') return 'has none of the forms that are allowed here';
  return issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
}

/** Writes a request that came through another door; a chat client's own is edited in place. */
export function encodeRequest(request: ChatRequest, target: Target): EncodedRequest {
  const foreign: Loss[] = [];
  const plain = plainRequest(request, target, foreign);
  const { edits, losses } = draftUpstream(plain, target);
  const body: Record<string, unknown> = { ...plain };
  for (const [field, value] of edits) {
    if (value === undefined) delete body[field];
    else body[field] = value;
  }
  return { body, losses: [...foreign, ...losses] };
}
