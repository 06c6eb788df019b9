import { type Format, type Json, parse, type Seen, TOOLS, type Wanted } from './stand.ts';

const FINISH: Record<string, string> = { STOP: 'stop', MAX_TOKENS: 'length', SAFETY: 'content_filter' };

export const geminiStand: Format = {
  requestIdHeader: 'x-request-id',
  keyHeaders: (key): Record<string, string> => (key === '' ? {} : { 'x-goog-api-key': key }),
  path: (wanted) =>
    `/gemini/v1beta/models/${wanted.model ?? 'small'}:${wanted.stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  modelsPath: '/gemini/v1beta/models',
  readModels: (list) => list.models!.map((model: Json) => String(model.name).slice('models/'.length)),
  body,
  readWhole: (whole) => see([whole]),
  readStream: (text) => see(chunksOf(text)),
  countDeltas: (text) => chunksOf(text).filter((chunk) => chunk.candidates?.[0]?.content?.parts).length,
};

function chunksOf(text: string): Json[] {
  return text
    .split('\r\n\r\n')
    .filter(Boolean)
    .map((event) => parse(event.slice('data: '.length)));
}

function see(chunks: Json[]): Seen {
  const parts: Json[] = chunks.flatMap((chunk): Json[] => chunk.candidates?.[0]?.content?.parts ?? []);
  const usage = chunks.findLast((chunk) => chunk.usageMetadata)?.usageMetadata;
  const calls = parts.filter((part) => part.functionCall);
  const finish = String(chunks.at(-1)!.candidates?.[0]?.finishReason ?? '');
  const textOf = (isThought: boolean): string =>
    parts
      .filter((part) => part.text && Boolean(part.thought) === isThought)
      .map((part) => String(part.text))
      .join('');
  return {
    ids: [String(chunks[0]!.responseId)],
    text: textOf(false),
    reasoning: textOf(true),
    calls: calls.map((part) => ({ name: String(part.functionCall!.name), arguments: part.functionCall!.args! })),
    finish: calls.length > 0 && finish === 'STOP' ? 'tool_calls' : (FINISH[finish] ?? ''),
    isRefusal: chunks.some((chunk) => chunk.promptFeedback?.blockReason),
    usage: usage
      ? {
          input: Number(usage.promptTokenCount),
          output: Number(usage.candidatesTokenCount) + Number(usage.thoughtsTokenCount ?? 0),
          cached: Number(usage.cachedContentTokenCount ?? 0),
          reasoning: Number(usage.thoughtsTokenCount ?? 0),
        }
      : null,
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
