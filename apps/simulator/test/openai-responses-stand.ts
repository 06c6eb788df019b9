import { type Format, type Seen, TOOLS, type Wanted } from './format.ts';
import { dig, type Json, listAt, numberAt, parse, textAt } from './json.ts';
import { openaiStand } from './openai-stand.ts';

const FINISH: Record<string, string> = { max_output_tokens: 'length', content_filter: 'content_filter' };

export const openaiResponsesStand: Format = {
  ...openaiStand,
  path: () => '/openai/v1/responses',
  body,
  readWhole: (whole) => see(whole, listAt(whole, 'output')),
  readStream: (text) => {
    const events = eventsOf(text);
    const last = dig(events.at(-1) ?? null, 'response');
    return see(last, foldItems(events));
  },
  countDeltas: (text) => eventsOf(text).filter((event) => textAt(event, 'type').endsWith('.delta')).length,
};

function eventsOf(text: string): Json[] {
  const blocks = text.split('\n\n').filter((block) => block.startsWith('event: '));
  return blocks.map((block) => parse(block.slice(block.indexOf('\ndata: ') + '\ndata: '.length)));
}

/** The items as their deltas give them, so that deltas and finished items are compared. */
function foldItems(events: Json[]): Json[] {
  const deltas = (type: string, index: Json): string =>
    events
      .filter((event) => textAt(event, 'type') === `response.${type}.delta` && dig(event, 'output_index') === index)
      .map((event) => textAt(event, 'delta'))
      .join('');
  return events
    .filter((event) => textAt(event, 'type') === 'response.output_item.added')
    .map((event): Json => {
      const item = dig(event, 'item') as { [name: string]: Json };
      const index = dig(event, 'output_index');
      const [text, refusal, summary] = ['output_text', 'refusal', 'reasoning_summary_text'].map((type) =>
        deltas(type, index),
      );
      if (item.type === 'reasoning') return { ...item, summary: [{ text: summary ?? '' }] };
      if (item.type === 'message') return { ...item, content: [{ text: text ?? '', refusal: refusal ?? '' }] };
      return { ...item, arguments: deltas('function_call_arguments', index) };
    });
}

function see(response: Json, items: Json[]): Seen {
  const ofType = (type: string): Json[] => items.filter((item) => textAt(item, 'type') === type);
  const parts = ofType('message').flatMap((item) => listAt(item, 'content'));
  const calls = ofType('function_call').map((item) => ({
    name: textAt(item, 'name'),
    arguments: parse(textAt(item, 'arguments')),
  }));
  const usage = dig(response, 'usage');
  const reason = textAt(response, 'incomplete_details', 'reason');
  return {
    id: textAt(response, 'id'),
    text: parts.map((part) => textAt(part, 'text')).join(''),
    reasoning: ofType('reasoning')
      .flatMap((item) => listAt(item, 'summary'))
      .map((part) => textAt(part, 'text'))
      .join(''),
    calls,
    finish: FINISH[reason] ?? (calls.length > 0 ? 'tool_calls' : 'stop'),
    isRefusal: parts.some((part) => textAt(part, 'refusal') !== ''),
    usage:
      usage === null
        ? null
        : {
            input: numberAt(usage, 'input_tokens'),
            output: numberAt(usage, 'output_tokens'),
            cached: numberAt(usage, 'input_tokens_details', 'cached_tokens'),
            reasoning: numberAt(usage, 'output_tokens_details', 'reasoning_tokens'),
          },
  };
}

function body(prompt: string, wanted: Wanted): object {
  const image = { type: 'input_image', image_url: `data:image/png;base64,${wanted.image}` };
  return {
    model: wanted.model ?? 'small',
    input: [
      ...(wanted.system ? [{ role: 'system', content: wanted.system }] : []),
      { role: 'user', content: wanted.image ? [{ type: 'input_text', text: prompt }, image] : prompt },
      ...(wanted.toolResult
        ? [
            { type: 'function_call', call_id: 'call_1', name: 'book', arguments: '{}' },
            { type: 'function_call_output', call_id: 'call_1', output: wanted.toolResult },
          ]
        : []),
    ],
    reasoning: { summary: 'auto' },
    ...(wanted.stream && { stream: true }),
    ...(wanted.tools && {
      tools: TOOLS.map(({ name, description, schema }) => ({
        type: 'function',
        name,
        description,
        parameters: schema,
      })),
    }),
    ...(wanted.forceTool && { tool_choice: { type: 'function', name: wanted.forceTool } }),
    ...(wanted.schema && { text: { format: { type: 'json_schema', name: 'answer', schema: wanted.schema } } }),
  };
}
