import { type Format, type Seen, TOOLS, type Wanted } from './format.ts';
import { dig, type Json, listAt, numberAt, parse, textAt } from './json.ts';

const REFUSAL = 'I cannot help with that.';

export const ollamaStand: Format = {
  requestIdHeader: 'x-request-id',
  keyHeaders: (key): Record<string, string> => (key === '' ? {} : { authorization: `Bearer ${key}` }),
  path: () => '/ollama/api/chat',
  modelsPath: '/ollama/api/tags',
  readModels: (list) => listAt(list, 'models').map((model) => textAt(model, 'name')),
  body,
  readWhole: (whole) => see([whole]),
  readStream: (text) => see(documentsOf(text)),
  countDeltas: (text) =>
    documentsOf(text).filter((document) => !dig(document, 'done') && dig(document, 'message')).length,
  errorMessage: (answer) => textAt(answer, 'error'),
};

function documentsOf(text: string): Json[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [parse(line)];
    } catch {
      // The last line of a connection that was cut.
      return [];
    }
  });
}

function see(documents: Json[]): Seen {
  const join = (field: string): string => documents.map((document) => textAt(document, 'message', field)).join('');
  const calls = documents.flatMap((document) => listAt(document, 'message', 'tool_calls'));
  const last = documents.at(-1) ?? null;
  const finish = textAt(last, 'done_reason');
  return {
    id: textAt(calls[0] ?? null, 'id'),
    text: join('content'),
    reasoning: join('thinking'),
    calls: calls.map((call) => ({
      name: textAt(call, 'function', 'name'),
      arguments: dig(call, 'function', 'arguments'),
    })),
    finish: finish === 'stop' && calls.length > 0 ? 'tool_calls' : finish,
    isRefusal: join('content') === REFUSAL,
    usage:
      dig(last, 'prompt_eval_count') === null
        ? null
        : { input: numberAt(last, 'prompt_eval_count'), output: numberAt(last, 'eval_count'), cached: 0, reasoning: 0 },
  };
}

function body(prompt: string, wanted: Wanted): object {
  const call = { function: { name: 'book', arguments: {} } };
  return {
    model: wanted.model ?? 'small',
    messages: [
      ...(wanted.system ? [{ role: 'system', content: wanted.system }] : []),
      { role: 'user', content: prompt, ...(wanted.image && { images: [wanted.image] }) },
      ...(wanted.toolResult
        ? [
            { role: 'assistant', content: '', tool_calls: [call] },
            { role: 'tool', tool_name: 'book', content: wanted.toolResult },
          ]
        : []),
    ],
    stream: wanted.stream ?? false,
    ...(wanted.tools && {
      tools: TOOLS.map(({ name, description, schema }) => ({
        type: 'function',
        function: { name, description, parameters: schema },
      })),
    }),
    ...(wanted.schema && { format: wanted.schema }),
  };
}
