import { EventStreamCodec } from '@smithy/eventstream-codec';
import { type Format, type Seen, TOOLS, type Wanted } from './format.ts';
import { dig, type Json, listAt, numberAt, parse, textAt } from './json.ts';

const FINISH: Record<string, string> = {
  end_turn: 'stop',
  max_tokens: 'length',
  tool_use: 'tool_calls',
  content_filtered: 'content_filter',
};

const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString()),
  (text) => Buffer.from(text),
);

export const bedrockStand: Format = {
  requestIdHeader: 'x-amzn-requestid',
  errorMessage: (body) => textAt(body, 'message'),
  streamEncoding: 'latin1',
  failureMark: ':exception-type',
  keyHeaders: (key): Record<string, string> => (key === '' ? {} : { authorization: `Bearer ${key}` }),
  path: (wanted) => `/bedrock/model/${wanted.model ?? 'small'}/${wanted.stream ? 'converse-stream' : 'converse'}`,
  modelsPath: '/bedrock/foundation-models',
  readModels: (list) => listAt(list, 'modelSummaries').map((model) => textAt(model, 'modelId')),
  body,
  readWhole: (whole) => see(listAt(whole, 'output', 'message', 'content'), textAt(whole, 'stopReason'), whole),
  readStream: (text) => {
    const events = eventsOf(Buffer.from(text, 'latin1'));
    const find = (name: string): Json => events.find((event) => event.name === name)?.data ?? null;
    return see(foldBlocks(events), textAt(find('messageStop'), 'stopReason'), find('metadata'));
  },
  countDeltas: (text) => text.match(/contentBlockDelta/gu)?.length ?? 0,
};

type Event = { name: string; data: Json };

/** Frames one after the other, each beginning with its own length. */
function eventsOf(bytes: Buffer): Event[] {
  const events: Event[] = [];
  for (let from = 0; from < bytes.length; from += bytes.readUInt32BE(from)) {
    const { headers, body: payload } = codec.decode(bytes.subarray(from, from + bytes.readUInt32BE(from)));
    const name = String(headers[':event-type']?.value);
    events.push({ name, data: parse(Buffer.from(payload).toString()) });
  }
  return events;
}

/** The blocks of a stream as a whole answer has them. */
function foldBlocks(events: Event[]): Json[] {
  const count = events.filter(({ name }) => name === 'contentBlockStop').length;
  return Array.from({ length: count }, (_, index): Json => {
    const own = events.filter(({ data }) => dig(data, 'contentBlockIndex') === index).map(({ data }) => data);
    const join = (...path: string[]): string => own.map((data) => textAt(data, 'delta', ...path)).join('');
    const start = own.map((data) => dig(data, 'start', 'toolUse')).find(Boolean);
    if (start) return { toolUse: { name: textAt(start, 'name'), input: parse(join('toolUse', 'input') || '{}') } };
    const reasoning = join('reasoningContent', 'text');
    return reasoning === '' ? { text: join('text') } : { reasoningContent: { reasoningText: { text: reasoning } } };
  });
}

function see(blocks: Json[], stopReason: string, holder: Json): Seen {
  const usage = dig(holder, 'usage');
  const calls = blocks.map((block) => dig(block, 'toolUse')).filter(Boolean);
  return {
    id: '',
    text: blocks.map((block) => textAt(block, 'text')).join(''),
    reasoning: blocks.map((block) => textAt(block, 'reasoningContent', 'reasoningText', 'text')).join(''),
    calls: calls.map((call) => ({ name: textAt(call, 'name'), arguments: dig(call, 'input') })),
    finish: FINISH[stopReason] ?? '',
    isRefusal: stopReason === 'content_filtered',
    usage:
      usage === null
        ? null
        : {
            input: numberAt(usage, 'inputTokens') + numberAt(usage, 'cacheReadInputTokens'),
            output: numberAt(usage, 'outputTokens'),
            cached: numberAt(usage, 'cacheReadInputTokens'),
            reasoning: null,
          },
  };
}

function body(prompt: string, wanted: Wanted): object {
  const image = { image: { format: 'png', source: { bytes: wanted.image } } };
  const toolResult = { toolUseId: 'tooluse_1', content: [{ text: wanted.toolResult }] };
  const jsonSchema = { name: 'answer', schema: JSON.stringify(wanted.schema) };
  return {
    ...(wanted.system && { system: [{ text: wanted.system }] }),
    messages: [
      { role: 'user', content: [{ text: prompt }, ...(wanted.image ? [image] : [])] },
      ...(wanted.toolResult
        ? [
            { role: 'assistant', content: [{ toolUse: { toolUseId: 'tooluse_1', name: 'book', input: {} } }] },
            { role: 'user', content: [{ toolResult }] },
          ]
        : []),
    ],
    ...(wanted.tools && {
      toolConfig: {
        tools: TOOLS.map(({ name, description, schema }) => ({
          toolSpec: { name, description, inputSchema: { json: schema } },
        })),
        ...(wanted.forceTool && { toolChoice: { tool: { name: wanted.forceTool } } }),
      },
    }),
    ...(wanted.schema && { outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema } } } }),
  };
}
