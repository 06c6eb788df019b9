import { type Format, type Seen, TOOLS, type Wanted } from './format.ts';
import { dig, type Json, listAt, numberAt, parse, textAt } from './json.ts';

const FINISH: Record<string, string> = { STOP: 'stop', MAX_TOKENS: 'length', SAFETY: 'content_filter' };

export const geminiStand: Format = {
  requestIdHeader: 'x-request-id',
  keyHeaders: (key): Record<string, string> => (key === '' ? {} : { 'x-goog-api-key': key }),
  path: (wanted) =>
    `/gemini/v1beta/models/${wanted.model ?? 'small'}:${wanted.stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  modelsPath: '/gemini/v1beta/models',
  readModels: (list) => listAt(list, 'models').map((model) => textAt(model, 'name').slice('models/'.length)),
  body,
  readWhole: (whole) => see([whole]),
  readStream: (text) => see(chunksOf(text)),
  countDeltas: (text) => chunksOf(text).filter((chunk) => partsOf(chunk).some(saysSomething)).length,
};

/** The last part of a stream is an empty text. */
const saysSomething = (part: Json): boolean => Boolean(textAt(part, 'text') || dig(part, 'functionCall'));

function chunksOf(text: string): Json[] {
  return text
    .split('\r\n\r\n')
    .filter(Boolean)
    .map((event) => parse(event.slice('data: '.length)));
}

function partsOf(chunk: Json): Json[] {
  return listAt(chunk, 'candidates', 0, 'content', 'parts');
}

function see(chunks: Json[]): Seen {
  const parts = chunks.flatMap(partsOf);
  const last = chunks.at(-1) ?? null;
  const usage = dig(last, 'usageMetadata');
  const calls = parts.map((part) => dig(part, 'functionCall')).filter(Boolean);
  const finish = textAt(last, 'candidates', 0, 'finishReason');
  const textOf = (isThought: boolean): string =>
    parts
      .filter((part) => Boolean(dig(part, 'thought')) === isThought)
      .map((part) => textAt(part, 'text'))
      .join('');
  return {
    id: textAt(last, 'responseId'),
    text: textOf(false),
    reasoning: textOf(true),
    calls: calls.map((call) => ({ name: textAt(call, 'name'), arguments: dig(call, 'args') })),
    finish: calls.length > 0 && finish === 'STOP' ? 'tool_calls' : (FINISH[finish] ?? ''),
    isRefusal: textAt(last, 'promptFeedback', 'blockReason') !== '',
    usage:
      usage === null
        ? null
        : {
            input: numberAt(usage, 'promptTokenCount'),
            output: numberAt(usage, 'candidatesTokenCount') + numberAt(usage, 'thoughtsTokenCount'),
            cached: numberAt(usage, 'cachedContentTokenCount'),
            reasoning: numberAt(usage, 'thoughtsTokenCount'),
          },
  };
}

function body(prompt: string, wanted: Wanted): object {
  const image = { inlineData: { mimeType: 'image/png', data: wanted.image } };
  const functionResponse = { name: 'book', response: { output: wanted.toolResult } };
  return {
    ...(wanted.system && { systemInstruction: { parts: [{ text: wanted.system }] } }),
    contents: [
      { role: 'user', parts: [{ text: prompt }, ...(wanted.image ? [image] : [])] },
      ...(wanted.toolResult
        ? [
            { role: 'model', parts: [{ functionCall: { name: 'book', args: {} } }] },
            { role: 'user', parts: [{ functionResponse }] },
          ]
        : []),
    ],
    ...(wanted.tools && {
      tools: [
        {
          functionDeclarations: TOOLS.map(({ name, description, schema }) => ({
            name,
            description,
            parametersJsonSchema: schema,
          })),
        },
      ],
    }),
    ...(wanted.forceTool && {
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: [wanted.forceTool] } },
    }),
    ...(wanted.schema && {
      generationConfig: { responseMimeType: 'application/json', responseJsonSchema: wanted.schema },
    }),
  };
}
