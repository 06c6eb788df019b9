import { type Format, type Seen, TOOLS, type Wanted } from './format.ts';
import { dig, type Json, listAt, numberAt, parse, textAt } from './json.ts';

const REFUSAL = 'I cannot help with that.';
const FINISH: Record<string, string> = {
  COMPLETE: 'stop',
  MAX_TOKENS: 'length',
  TOOL_CALL: 'tool_calls',
  ERROR_TOXIC: 'content_filter',
};

export const cohereStand: Format = {
  requestIdHeader: 'x-debug-trace-id',
  keyHeaders: (key): Record<string, string> => (key === '' ? {} : { authorization: `Bearer ${key}` }),
  path: () => '/cohere/v2/chat',
  modelsPath: '/cohere/v1/models',
  readModels: (list) => listAt(list, 'models').map((model) => textAt(model, 'name')),
  body,
  readWhole: (whole) => see(textAt(whole, 'id'), dig(whole, 'message'), whole),
  readStream: (text) => {
    const events = eventsOf(text);
    return see(textAt(events[0] ?? null, 'id'), foldEvents(events), dig(events.at(-1) ?? null, 'delta'));
  },
  countDeltas: (text) =>
    eventsOf(text).filter((event) => /^(content|tool-plan|tool-call)-(delta|start)$/u.test(kindOf(event))).length,
  errorMessage: (answer) => textAt(answer, 'message'),
};

/** The start of a content block says nothing yet. */
function kindOf(event: Json): string {
  const type = textAt(event, 'type');
  return type === 'content-start' ? '' : type;
}

function eventsOf(text: string): Json[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: {') && line.endsWith('}'))
    .map((line) => parse(line.slice('data: '.length)));
}

function foldEvents(events: Json[]): Json {
  const messages = events.map((event) => dig(event, 'delta', 'message'));
  const join = (...path: string[]): string => messages.map((message) => textAt(message, ...path)).join('');
  const own = (event: Json): boolean => textAt(event, 'type').startsWith('tool-call-');
  const count = events.filter((event) => textAt(event, 'type') === 'tool-call-start').length;
  const calls = Array.from({ length: count }, (_, index) => {
    const parts = events.filter((event) => own(event) && numberAt(event, 'index') === index);
    const joined = (field: string): string =>
      parts.map((part) => textAt(part, 'delta', 'message', 'tool_calls', 'function', field)).join('');
    return { function: { name: joined('name'), arguments: joined('arguments') } };
  });
  const content = [{ thinking: join('content', 'thinking'), text: join('content', 'text') }];
  return { content, tool_plan: join('tool_plan'), tool_calls: calls };
}

function see(id: string, message: Json, ending: Json): Seen {
  const blocks = listAt(message, 'content');
  const join = (field: string): string => blocks.map((block) => textAt(block, field)).join('');
  const usage = dig(ending, 'usage');
  return {
    id,
    text: join('text') + textAt(message, 'tool_plan'),
    reasoning: join('thinking'),
    calls: listAt(message, 'tool_calls').map((call) => ({
      name: textAt(call, 'function', 'name'),
      arguments: parse(textAt(call, 'function', 'arguments')),
    })),
    finish: FINISH[textAt(ending, 'finish_reason')] ?? '',
    isRefusal: join('text') === REFUSAL,
    usage:
      usage === null
        ? null
        : {
            input: numberAt(usage, 'tokens', 'input_tokens'),
            output: numberAt(usage, 'tokens', 'output_tokens'),
            cached: numberAt(usage, 'cached_tokens'),
            reasoning: numberAt(usage, 'tokens', 'reasoning_tokens'),
          },
  };
}

function body(prompt: string, wanted: Wanted): object {
  const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${wanted.image}` } };
  const call = { id: 'call_1', type: 'function', function: { name: 'book', arguments: '{}' } };
  // A tool is forced by sending it alone.
  const tools = TOOLS.filter(({ name }) => (wanted.forceTool ?? name) === name);
  return {
    model: wanted.model ?? 'small',
    messages: [
      ...(wanted.system ? [{ role: 'system', content: wanted.system }] : []),
      { role: 'user', content: wanted.image ? [{ type: 'text', text: prompt }, image] : prompt },
      ...(wanted.toolResult
        ? [
            { role: 'assistant', tool_calls: [call] },
            { role: 'tool', tool_call_id: 'call_1', content: wanted.toolResult },
          ]
        : []),
    ],
    ...(wanted.stream && { stream: true }),
    ...(wanted.tools && {
      tools: tools.map(({ name, description, schema }) => ({
        type: 'function',
        function: { name, description, parameters: schema },
      })),
    }),
    ...(wanted.forceTool && { tool_choice: 'REQUIRED' }),
    ...(wanted.schema && { response_format: { type: 'json_object', json_schema: wanted.schema } }),
  };
}
