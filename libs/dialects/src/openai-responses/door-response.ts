import type { ChatCompletion, ChatDelta, ErrorBody, FinishReason } from '@parley/contracts';
import type { AnswerTo } from '../door.ts';
import { isPresent } from './door-schema.ts';
import { namesOfTools, type ToolName } from './door-tools.ts';
import { isObject, objectsIn, type JsonObject } from '../json-values.ts';
import { OutputWriter } from './output-writer.ts';
import { encodeUsage } from './usage.ts';

/** What every response object of one call has in common; holds little of a request, which may be large. */
export type ResponseFrame = { id: string; fields: JsonObject; names: ReadonlyMap<string, ToolName> };

const REPEATED_IF_GIVEN = ['store', 'user', 'top_logprobs', 'prompt_cache_key', 'safety_identifier'];

/** The parts of a response that the request decides: this API repeats its settings in each answer. */
export function frameOf({ body, answerId }: AnswerTo): ResponseFrame {
  const asked = isObject(body) ? body : {};
  const or = (field: string, otherwise: unknown): unknown => asked[field] ?? otherwise;
  const { effort = null, summary = null } = isObject(asked['reasoning']) ? asked['reasoning'] : {};
  return {
    id: `resp_${answerId}`,
    names: namesOfTools(asked['tools']),
    fields: {
      instructions: or('instructions', null),
      max_output_tokens: or('max_output_tokens', null),
      metadata: or('metadata', {}),
      parallel_tool_calls: or('parallel_tool_calls', true),
      previous_response_id: or('previous_response_id', null),
      reasoning: { effort, summary },
      temperature: or('temperature', null),
      text: { format: { type: 'text' }, ...(isObject(asked['text']) && asked['text']) },
      tool_choice: or('tool_choice', 'auto'),
      tools: objectsIn(asked['tools']).map(completeTool),
      top_p: or('top_p', null),
      truncation: 'disabled',
      ...Object.fromEntries(
        REPEATED_IF_GIVEN.filter((field) => isPresent(asked[field])).map((field) => [field, asked[field]]),
      ),
    },
  };
}

/** A response object in the given state. */
export function responseObject(
  { id, fields }: ResponseFrame,
  answer: Pick<ChatCompletion, 'created' | 'model'>,
  { status, ...state }: JsonObject & { status: 'in_progress' | 'completed' | 'incomplete' | 'failed' },
): JsonObject {
  return {
    id,
    object: 'response',
    created_at: answer.created,
    status,
    // OpenAI's word for a grant of its own; its clients count on the member.
    access_programs: null,
    background: false,
    error: null,
    incomplete_details: null,
    model: answer.model,
    output: [],
    usage: null,
    ...fields,
    ...state,
  };
}

/** How an answer ended: an answer that was cut is incomplete. */
export function encodeFinish(finish: FinishReason): {
  status: 'completed' | 'incomplete';
  incomplete_details: unknown;
} {
  if (finish === 'length') return { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
  if (finish === 'content_filter') return { status: 'incomplete', incomplete_details: { reason: 'content_filter' } };
  return { status: 'completed', incomplete_details: null };
}

/** Writes a whole answer as the response object that its stream would end in. */
export function encodeResponse(completion: ChatCompletion, call: AnswerTo): JsonObject {
  const frame = frameOf(call);
  const [choice] = completion.choices;
  const writer = new OutputWriter(frame);
  const { tool_calls: calls, role: _role, ...message } = choice?.message ?? { role: 'assistant', content: null };
  const delta: ChatDelta = {
    ...message,
    ...(calls && { tool_calls: calls.map((called, index) => ({ ...called, index })) }),
  };
  writer.add(delta, choice?.logprobs?.content ?? []);
  const finish = encodeFinish(choice?.finish_reason ?? 'stop');
  writer.close(finish.status);
  return responseObject(frame, completion, {
    ...finish,
    output: writer.output,
    usage: completion.usage ? encodeUsage(completion.usage) : null,
    ...serviceTier(completion),
  });
}

export const serviceTier = ({ service_tier: tier }: { [field: string]: unknown }): JsonObject =>
  typeof tier === 'string' ? { service_tier: tier } : {};

/** The codes of a failed response are a closed set of their own; those that clients act on are told apart. */
export function encodeError({ error }: ErrorBody): JsonObject {
  const code =
    FAILURE_CODES[error.code] ?? (error.type === 'rate_limit_error' ? 'rate_limit_exceeded' : 'server_error');
  return { code, message: error.message };
}

const FAILURE_CODES: Readonly<Partial<Record<string, string>>> = {
  invalid_request: 'invalid_prompt',
  content_filtered: 'invalid_prompt',
  provider_refused_request: 'invalid_prompt',
  // Not in the published list, but said by OpenAI and understood by its clients.
  context_length_exceeded: 'context_length_exceeded',
};

/** The two fields that this API requires also where the client left them out. */
function completeTool(tool: JsonObject): JsonObject {
  if (tool['type'] !== 'function') return tool;
  return { ...tool, parameters: tool['parameters'] ?? null, strict: tool['strict'] ?? false };
}
