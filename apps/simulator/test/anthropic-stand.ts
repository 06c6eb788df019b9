import { type Format, type Json, parse, type Seen, TOOLS, type Wanted } from './stand.ts';

const FINISH: Record<string, string> = {
  end_turn: 'stop',
  max_tokens: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
};

export const anthropicStand: Format = {
  requestIdHeader: 'request-id',
  keyHeaders: (key): Record<string, string> => ({
    'anthropic-version': '2023-06-01',
    ...(key !== '' && { 'x-api-key': key }),
  }),
  path: () => '/anthropic/v1/messages',
  modelsPath: '/anthropic/v1/models',
  readModels: (list) => list.data!.map((model: Json) => String(model.id)),
  body,
  readWhole: see,
  readStream: (text) => {
    const message: Record<string, unknown> = { content: [], usage: null };
    const blocks: Record<string, unknown>[] = [];
    for (const event of eventsOf(text)) {
      if (event.type === 'message_start') Object.assign(message, event.message);
      if (event.type === 'content_block_start') blocks.push({ ...event.content_block! });
      if (event.type === 'content_block_delta') addDelta(blocks.at(-1)!, event.delta!);
      if (event.type === 'message_delta') {
        Object.assign(message, event.delta);
        if (event.usage) message.usage = { ...(message.usage as object), ...event.usage };
      }
    }
    const content = blocks.map((block) => (block.json ? { ...block, input: parse(String(block.json)) } : block));
    return see(parse(JSON.stringify({ ...message, content })));
  },
  countDeltas: (text) => eventsOf(text).filter((event) => event.type === 'content_block_delta').length,
};

function eventsOf(text: string): Json[] {
  return text
    .split('\n\n')
    .filter(Boolean)
    .map((event) => parse(event.slice(event.indexOf('\ndata: ') + 7)));
}

function addDelta(block: Record<string, unknown>, delta: Json): void {
  for (const [from, to] of [
    ['text', 'text'],
    ['thinking', 'thinking'],
    ['signature', 'signature'],
    ['partial_json', 'json'],
  ] as const) {
    if (delta[from] !== undefined) block[to] = String(block[to] ?? '') + String(delta[from]);
  }
}

function see(message: Json): Seen {
  const content: Json[] = message.content!;
  const { usage } = message;
  const textOf = (type: string, field: string): string =>
    content
      .filter((block) => block.type === type)
      .map((block) => String(block[field]))
      .join('');
  return {
    ids: [String(message.id)],
    text: textOf('text', 'text'),
    reasoning: textOf('thinking', 'thinking'),
    calls: content
      .filter((block) => block.type === 'tool_use')
      .map((block) => ({ name: String(block.name), arguments: block.input! })),
    finish: FINISH[String(message.stop_reason)] ?? '',
    isRefusal: message.stop_reason === 'refusal',
    usage: usage
      ? {
          input: Number(usage.input_tokens) + Number(usage.cache_read_input_tokens),
          output: Number(usage.output_tokens),
          cached: Number(usage.cache_read_input_tokens),
          reasoning: Number(usage.output_tokens_details?.thinking_tokens ?? 0),
        }
      : null,
  };
}

function body(prompt: string, wanted: Wanted): object {
  const source = { type: 'base64', media_type: 'image/png', data: wanted.image };
  return {
    model: wanted.model ?? 'small',
    max_tokens: 1000,
    ...(wanted.system && { system: wanted.system }),
    messages: [
      {
        role: 'user',
        content: wanted.image
          ? [
              { type: 'text', text: prompt },
              { type: 'image', source },
            ]
          : prompt,
      },
      ...(wanted.toolResult
        ? [
            { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'book', input: {} }] },
            { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: wanted.toolResult }] },
          ]
        : []),
    ],
    ...(wanted.stream && { stream: true }),
    ...(wanted.tools && {
      tools: TOOLS.map(({ name, description, schema }) => ({ name, description, input_schema: schema })),
    }),
    ...(wanted.forceTool && { tool_choice: { type: 'tool', name: wanted.forceTool } }),
    ...(wanted.schema && { output_config: { format: { type: 'json_schema', schema: wanted.schema } } }),
  };
}
