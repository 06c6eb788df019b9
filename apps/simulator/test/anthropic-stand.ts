import { type Format, type Seen, TOOLS, type Wanted } from './format.ts';
import { dig, type Json, listAt, numberAt, parse, textAt } from './json.ts';

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
  readModels: (list) => listAt(list, 'data').map((model) => textAt(model, 'id')),
  body,
  readWhole: (whole) => see(whole, listAt(whole, 'content'), whole, [dig(whole, 'usage')]),
  readStream: (text) => {
    const events = eventsOf(text);
    const first = dig(events.find((event) => textAt(event, 'type') === 'message_start') ?? null, 'message');
    const final = events.find((event) => textAt(event, 'type') === 'message_delta') ?? null;
    return see(first, foldBlocks(events), dig(final, 'delta'), [dig(first, 'usage'), dig(final, 'usage')]);
  },
  countDeltas: (text) => eventsOf(text).filter((event) => textAt(event, 'type') === 'content_block_delta').length,
};

function eventsOf(text: string): Json[] {
  return text
    .split('\n\n')
    .filter(Boolean)
    .map((event) => parse(event.slice(event.indexOf('\ndata: ') + '\ndata: '.length)));
}

function foldBlocks(events: Json[]): Json[] {
  return events
    .filter((event) => textAt(event, 'type') === 'content_block_start')
    .map((start, index) => {
      const deltas = events.filter(
        (event) => textAt(event, 'type') === 'content_block_delta' && numberAt(event, 'index') === index,
      );
      const join = (field: string): string => deltas.map((event) => textAt(event, 'delta', field)).join('');
      return {
        type: textAt(start, 'content_block', 'type'),
        name: textAt(start, 'content_block', 'name'),
        text: join('text'),
        thinking: join('thinking'),
        input: parse(join('partial_json') || '{}'),
      };
    });
}

/** `message_delta` is cumulative: its figures replace those of `message_start`. */
function see(message: Json, blocks: Json[], end: Json, usages: Json[]): Seen {
  const textOf = (type: string, field: string): string =>
    blocks
      .filter((block) => textAt(block, 'type') === type)
      .map((block) => textAt(block, field))
      .join('');
  const usage = usages.findLast(Boolean) ?? null;
  const cached = numberAt(usage, 'cache_read_input_tokens');
  return {
    id: textAt(message, 'id'),
    text: textOf('text', 'text'),
    reasoning: textOf('thinking', 'thinking'),
    calls: blocks
      .filter((block) => textAt(block, 'type') === 'tool_use')
      .map((block) => ({ name: textAt(block, 'name'), arguments: dig(block, 'input') })),
    finish: FINISH[textAt(end, 'stop_reason')] ?? '',
    isRefusal: textAt(end, 'stop_reason') === 'refusal',
    usage:
      usage === null
        ? null
        : {
            input: numberAt(usage, 'input_tokens') + cached,
            output: numberAt(usage, 'output_tokens'),
            cached,
            reasoning: numberAt(usage, 'output_tokens_details', 'thinking_tokens'),
          },
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
