import type { FinishReason } from './answer.ts';
import type { Ask, AskedTool } from './ask.ts';
import { isObject, type JsonObject } from './json.ts';
import { type Marker, numberArgument } from './markers.ts';
import { sampleFromSchema } from './sample.ts';

/** The content of an answer while markers shape it. */
export type Content = {
  reasoning: string;
  text: string;
  refusal: string | null;
  calls: { name: string; arguments: JsonObject }[];
  finish: FinishReason | null;
};

export const REASONING = 'Let me think. The question is simple, so a short answer will do.';
export const REFUSAL = 'I cannot help with that.';
const UNICODE = 'Привет, мир! 👋🏽 naïve café 日本語 العربية עברית 👩‍👩‍👧‍👦 «ёлка» — e\u0301 𝒳 \\ "quoted"\t\u2028end';
/** Keeps a slip of the finger from filling the memory. */
const MAX_WORDS = 1_000_000;
const VOCABULARY = 'the quick brown fox jumps over a lazy dog while seven bright stars shine above us'.split(' ');
const WEATHER: AskedTool = {
  name: 'get_weather',
  schema: { type: 'object', properties: { city: { const: 'Paris' } }, required: ['city'] },
};

/** Markers that decide what is said. They rest when a request ends with tool results, which are answered instead. */
export const CONTENT_MARKERS: Record<string, (content: Content, marker: Marker, ask: Ask) => void> = {
  long: (content, marker) => {
    const length = Math.min(numberArgument(marker, 0), MAX_WORDS);
    content.text = Array.from({ length }, (_, index) => VOCABULARY[index % VOCABULARY.length]).join(' ');
  },
  unicode: (content) => {
    content.text = UNICODE;
  },
  echo: (content, _marker, ask) => {
    content.text = describeAsk(ask);
  },
  json: (content, _marker, ask) => {
    content.text = writeJson(ask.jsonSchema ?? {});
  },
  tools: (content, _marker, ask) => callTools(content, ask, 1, ''),
  parallel: (content, _marker, ask) => callTools(content, ask, 3, ''),
  'text-tools': (content, _marker, ask) => callTools(content, ask, 1, 'Let me look that up.'),
  reasoning: (content) => {
    content.reasoning = REASONING;
  },
  length: (content) => {
    content.finish = 'length';
  },
  filter: (content) => {
    content.text = '';
    content.finish = 'content_filter';
  },
  refusal: (content) => {
    content.text = '';
    content.refusal = REFUSAL;
  },
  empty: (content) => {
    content.text = '';
  },
};

/** JSON text that satisfies a schema; an empty schema gets `{"answer":42}`. */
export function writeJson(schema: JsonObject): string {
  return JSON.stringify(Object.keys(schema).length === 0 ? { answer: 42 } : sampleFromSchema(schema));
}

/** Calls the request's first tools (round and round when there are too few), or `get_weather` when it has none. */
export function callTools(content: Content, ask: Ask, count: number, text: string): void {
  const forced = ask.tools.filter((tool) => tool.name === ask.forcedTool);
  const tools = forced.length > 0 ? forced : ask.tools.length > 0 ? ask.tools : [WEATHER];
  content.text = text;
  content.calls = Array.from({ length: count }, (_, index) => {
    const tool = tools[index % tools.length] ?? WEATHER;
    const sample = sampleFromSchema(tool.schema);
    return { name: tool.name, arguments: isObject(sample) ? sample : {} };
  });
}

function describeAsk(ask: Ask): string {
  const { vendor: dialect, model, stream, system, roles, toolChoice, images, files, toolResults } = ask;
  const { jsonSchema, params } = ask;
  const tools = ask.tools.map((tool) => tool.name);
  const conversation = { system, roles, images, files, toolResults };
  return JSON.stringify({ dialect, model, stream, ...conversation, tools, toolChoice, jsonSchema, params });
}
