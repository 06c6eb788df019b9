import type { JsonObject } from '../json.ts';
import {
  anything,
  array,
  boolean,
  type Check,
  decimal,
  integer,
  invalid,
  object,
  oneOf,
  string,
} from '../openai/checks.ts';

const MIN_OUTPUT_TOKENS = 16;
const INCLUDABLE = [
  'code_interpreter_call.outputs',
  'computer_call_output.output.image_url',
  'file_search_call.results',
  'message.input_image.image_url',
  'message.output_text.logprobs',
  'reasoning.encrypted_content',
  'web_search_call.action.sources',
  'web_search_call.results',
];

/** The top-level fields of a request. https://platform.openai.com/docs/api-reference/responses/create */
const FIELDS = new Map<string, Check>(
  Object.entries({
    background: boolean(),
    // Not in the reference, but Codex sends it with every request.
    client_metadata: object(),
    context_management: array(1),
    conversation: anything,
    include: includable,
    input: anything,
    instructions: string(),
    max_output_tokens: integer(MIN_OUTPUT_TOKENS),
    max_tool_calls: integer(1),
    metadata: object(),
    model: string(),
    moderation: object(),
    parallel_tool_calls: boolean(),
    previous_response_id: string(),
    prompt: object(),
    prompt_cache_key: string(),
    prompt_cache_options: object(),
    prompt_cache_retention: oneOf('in_memory', '24h'),
    reasoning: reasoning,
    safety_identifier: string(),
    service_tier: oneOf('auto', 'default', 'flex', 'scale', 'priority', 'fast'),
    store: boolean(),
    stream: boolean(),
    stream_options: object(),
    temperature: decimal(0, 2),
    text: object(),
    tool_choice: anything,
    tools: array(0),
    top_logprobs: integer(0, 20),
    top_p: decimal(0, 1),
    truncation: oneOf('auto', 'disabled'),
    user: string(),
  }),
);

const REASONING = new Map<string, Check>(
  Object.entries({
    context: oneOf('auto', 'current_turn', 'all_turns'),
    effort: oneOf('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'),
    generate_summary: oneOf('auto', 'concise', 'detailed'),
    mode: string(),
    summary: oneOf('auto', 'concise', 'detailed'),
  }),
);

/** Refuses unknown fields, wrong types and values out of range, in OpenAI's words. */
export function checkFields(body: JsonObject): void {
  checkKnown(body, FIELDS, '');
  for (const name of ['model', 'input']) {
    if (body[name] === undefined || body[name] === null) {
      throw invalid(`Missing required parameter: '${name}'.`, name, 'missing_required_parameter');
    }
  }
}

function checkKnown(fields: JsonObject, known: ReadonlyMap<string, Check>, prefix: string): void {
  for (const [name, value] of Object.entries(fields)) {
    const check = known.get(name);
    const path = prefix + name;
    if (!check) throw invalid(`Unknown parameter: '${path}'.`, path, 'unknown_parameter');
    if (value !== null) check(value, path);
  }
}

function reasoning(value: unknown, name: string): void {
  object()(value, name);
  checkKnown(value as JsonObject, REASONING, `${name}.`);
}

function includable(value: unknown, name: string): void {
  array(0)(value, name);
  for (const [index, entry] of (value as unknown[]).entries()) oneOf(...INCLUDABLE)(entry, `${name}[${index}]`);
}
