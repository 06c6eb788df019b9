import { type Format, type Seen, TOOLS, type Wanted } from './format.ts';
import { dig, type Json, listAt, numberAt, parse, textAt } from './json.ts';

export const openaiStand: Format = {
  requestIdHeader: 'x-request-id',
  keyHeaders: (key): Record<string, string> => (key === '' ? {} : { authorization: `Bearer ${key}` }),
  path: () => '/openai/v1/chat/completions',
  modelsPath: '/openai/v1/models',
  readModels: (list) => listAt(list, 'data').map((model) => textAt(model, 'id')),
  body,
  readWhole: (whole) => see([whole], dig(whole, 'choices', 0, 'message')),
  readStream: (text) => {
    const chunks = chunksOf(text);
    return see(chunks, foldDeltas(chunks.map((chunk) => dig(chunk, 'choices', 0, 'delta'))));
  },
  countDeltas: (text) =>
    chunksOf(text).filter((chunk) =>
      ['content', 'reasoning_content', 'refusal', 'tool_calls'].some((field) =>
        dig(chunk, 'choices', 0, 'delta', field),
      ),
    ).length,
};

function chunksOf(text: string): Json[] {
  return text
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map((event) => parse(event.slice('data: '.length)));
}

function foldDeltas(deltas: Json[]): Json {
  const join = (field: string): string => deltas.map((delta) => textAt(delta, field)).join('');
  const parts = deltas.flatMap((delta) => listAt(delta, 'tool_calls'));
  const count = new Set(parts.map((part) => numberAt(part, 'index'))).size;
  const calls = Array.from({ length: count }, (_, index) => {
    const own = parts.filter((part) => numberAt(part, 'index') === index);
    const joined = (field: string): string => own.map((part) => textAt(part, 'function', field)).join('');
    return { function: { name: joined('name'), arguments: joined('arguments') } };
  });
  return {
    content: join('content'),
    reasoning_content: join('reasoning_content'),
    refusal: join('refusal'),
    tool_calls: calls,
  };
}

function see(chunks: Json[], message: Json): Seen {
  const usage = chunks.map((chunk) => dig(chunk, 'usage')).findLast(Boolean) ?? null;
  return {
    id: textAt(chunks[0] ?? null, 'id'),
    text: textAt(message, 'content'),
    reasoning: textAt(message, 'reasoning_content'),
    calls: listAt(message, 'tool_calls').map((call) => ({
      name: textAt(call, 'function', 'name'),
      arguments: parse(textAt(call, 'function', 'arguments')),
    })),
    finish: chunks.map((chunk) => textAt(chunk, 'choices', 0, 'finish_reason')).join(''),
    isRefusal: textAt(message, 'refusal') !== '',
    usage:
      usage === null
        ? null
        : {
            input: numberAt(usage, 'prompt_tokens'),
            output: numberAt(usage, 'completion_tokens'),
            cached: numberAt(usage, 'prompt_tokens_details', 'cached_tokens'),
            reasoning: numberAt(usage, 'completion_tokens_details', 'reasoning_tokens'),
          },
  };
}

function body(prompt: string, wanted: Wanted): object {
  const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${wanted.image}` } };
  const call = { id: 'call_1', type: 'function', function: { name: 'book', arguments: '{}' } };
  return {
    model: wanted.model ?? 'small',
    messages: [
      ...(wanted.system ? [{ role: 'system', content: wanted.system }] : []),
      { role: 'user', content: wanted.image ? [{ type: 'text', text: prompt }, image] : prompt },
      ...(wanted.toolResult
        ? [
            { role: 'assistant', content: null, tool_calls: [call] },
            { role: 'tool', tool_call_id: 'call_1', content: wanted.toolResult },
          ]
        : []),
    ],
    ...(wanted.stream && { stream: true, stream_options: { include_usage: true } }),
    ...(wanted.tools && {
      tools: TOOLS.map(({ name, description, schema }) => ({
        type: 'function',
        function: { name, description, parameters: schema },
      })),
    }),
    ...(wanted.forceTool && { tool_choice: { type: 'function', function: { name: wanted.forceTool } } }),
    ...(wanted.schema && {
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: wanted.schema } },
    }),
  };
}
