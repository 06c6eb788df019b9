import { type Format, type Json, parse, type Seen, TOOLS, type Wanted } from './stand.ts';

export const openaiStand: Format = {
  requestIdHeader: 'x-request-id',
  keyHeaders: (key): Record<string, string> => (key === '' ? {} : { authorization: `Bearer ${key}` }),
  path: () => '/openai/v1/chat/completions',
  modelsPath: '/openai/v1/models',
  readModels: (body) => body.data!.map((model: Json) => String(model.id)),
  body,
  readWhole: (whole) => see([whole], whole.choices![0]!.message!),
  readStream: (text) => {
    const chunks = chunksOf(text);
    const message: Record<string, unknown> = { content: '', reasoning_content: '', refusal: null };
    const calls: { id: string; function: { name: string; arguments: string } }[] = [];
    for (const delta of chunks.map((chunk) => chunk.choices![0]?.delta).filter(Boolean)) {
      for (const field of ['content', 'reasoning_content', 'refusal']) {
        if (delta![field]) message[field] = String(message[field] ?? '') + String(delta![field]);
      }
      for (const part of delta!.tool_calls ?? []) {
        const index = Number(part.index);
        calls[index] ??= { id: String(part.id), function: { name: String(part.function!.name), arguments: '' } };
        calls[index].function.arguments += String(part.function!.arguments);
      }
    }
    return see(chunks, parse(JSON.stringify({ ...message, ...(calls.length > 0 && { tool_calls: calls }) })));
  },
  countDeltas: (text) =>
    chunksOf(text).filter((chunk) => {
      const delta = chunk.choices?.[0]?.delta;
      return delta && (delta.content || delta.reasoning_content || delta.tool_calls);
    }).length,
};

function chunksOf(text: string): Json[] {
  return text
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map((event) => parse(event.slice(6)));
}

function see(chunks: Json[], message: Json): Seen {
  const usage = chunks.findLast((chunk) => chunk.usage)?.usage;
  const finish = chunks.map((chunk) => chunk.choices?.[0]?.finish_reason).find(Boolean);
  return {
    ids: [String(chunks[0]!.id)],
    text: String(message.content ?? ''),
    reasoning: String(message.reasoning_content ?? ''),
    calls: (message.tool_calls ?? ([] as unknown as Json)).map((call: Json) => ({
      name: String(call.function!.name),
      arguments: parse(String(call.function!.arguments)),
    })),
    finish: String(finish),
    isRefusal: Boolean(message.refusal),
    usage: usage
      ? {
          input: Number(usage.prompt_tokens),
          output: Number(usage.completion_tokens),
          cached: Number(usage.prompt_tokens_details!.cached_tokens),
          reasoning: Number(usage.completion_tokens_details!.reasoning_tokens),
        }
      : null,
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
