import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { signReasoning } from './answer.ts';
import { anthropic } from './anthropic/anthropic.ts';
import { bedrock } from './bedrock/bedrock.ts';
import { cohere } from './cohere/cohere.ts';
import { gemini } from './gemini/gemini.ts';
import { isObject, type JsonObject } from './json.ts';
import { ollama } from './ollama/ollama.ts';
import { openaiResponses } from './openai-responses/openai-responses.ts';
import { openai } from './openai/openai.ts';
import { markersOf, planAnswer } from './script.ts';
import { WireError } from './wire-error.ts';

const IDENTITY = { serial: '000001', createdSeconds: 1 };
const ROUTE = { kind: 'generate', model: 'small', stream: true, framing: 'sse' } as const;

/** Field names and values that readers look at, so that random bodies get deep into them. */
const FIELD = fc.constantFrom(
  ...'model messages contents role content parts text type tool_calls id function name arguments input tools'.split(
    ' ',
  ),
  ...'functionDeclarations parameters parametersJsonSchema input_schema properties required items anyOf $ref'.split(
    ' ',
  ),
  ...'generationConfig responseSchema responseMimeType temperature max_tokens stop response_format thinking'.split(' '),
  ...'call_id output summary encrypted_content include reasoning format'.split(' '),
  ...'options images format think tool_name tool_choice json_schema p'.split(' '),
  ...'functionCall functionResponse response inlineData mimeType data source image_url url tool_use_id'.split(' '),
);
const WORD = fc.constantFrom(
  ...'user assistant model tool system text image tool_use tool_result function object string'.split(' '),
  ...'toolUse toolResult toolUseId inputSchema json toolSpec bytes format any'.split(' '),
  ...' x [[sim:echo]] [[sim:json]] [[sim:tools]] application/json #/$defs/a'.split(' '),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    WORD,
    fc.constantFrom(null, true, 0, 1, -1, 1.5),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(FIELD, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));
const SCHEMA = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };
const STARTS = [
  {
    vendor: openai,
    start: {
      model: 'small',
      messages: [
        { role: 'user', content: [{ type: 'text', text: '[[sim:tools]]' }] },
        { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }] },
        { role: 'tool', tool_call_id: 'a', content: 'x' },
        { role: 'user', content: '[[sim:echo]]' },
      ],
      tools: [{ type: 'function', function: { name: 'f', parameters: SCHEMA } }],
      tool_choice: { type: 'function', function: { name: 'f' } },
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema: SCHEMA } },
    },
  },
  {
    vendor: openaiResponses,
    start: {
      model: 'small',
      input: [
        { role: 'user', content: [{ type: 'input_text', text: '[[sim:tools]]' }] },
        { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: signReasoning('rs_1') },
        { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'a', output: 'x' },
        { role: 'user', content: '[[sim:echo]]' },
      ],
      tools: [{ type: 'function', name: 'f', parameters: SCHEMA }],
      tool_choice: { type: 'function', name: 'f' },
      text: { format: { type: 'json_schema', name: 'x', schema: SCHEMA } },
      reasoning: { effort: 'low', summary: 'auto' },
    },
  },
  {
    vendor: anthropic,
    start: {
      model: 'small',
      max_tokens: 9,
      system: [{ type: 'text', text: 'x' }],
      messages: [
        { role: 'user', content: '[[sim:tools]]' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: 'x' }] }] },
        { role: 'user', content: [{ type: 'text', text: '[[sim:echo]]' }] },
      ],
      tools: [{ name: 'f', input_schema: SCHEMA }],
      tool_choice: { type: 'tool', name: 'f' },
      output_config: { format: { type: 'json_schema', schema: SCHEMA } },
    },
  },
  {
    vendor: gemini,
    start: {
      systemInstruction: { parts: [{ text: 'x' }] },
      contents: [
        { role: 'user', parts: [{ text: '[[sim:tools]]' }] },
        { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] },
        { role: 'user', parts: [{ functionResponse: { name: 'f', response: { output: 'x' } } }] },
        { role: 'user', parts: [{ text: '[[sim:echo]]' }] },
      ],
      tools: [{ functionDeclarations: [{ name: 'f', parameters: SCHEMA }] }],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } },
      generationConfig: { responseMimeType: 'application/json', responseSchema: SCHEMA },
    },
  },
  {
    vendor: bedrock,
    start: {
      system: [{ text: 'x' }],
      messages: [
        { role: 'user', content: [{ text: '[[sim:tools]]' }] },
        { role: 'assistant', content: [{ toolUse: { toolUseId: 'a', name: 'f', input: {} } }] },
        { role: 'user', content: [{ toolResult: { toolUseId: 'a', content: [{ text: 'x' }] } }] },
        { role: 'user', content: [{ text: '[[sim:echo]]' }] },
      ],
      toolConfig: {
        tools: [{ toolSpec: { name: 'f', inputSchema: { json: SCHEMA } } }],
        toolChoice: { tool: { name: 'f' } },
      },
      inferenceConfig: { maxTokens: 9, temperature: 1, stopSequences: ['x'] },
      outputConfig: {
        textFormat: {
          type: 'json_schema',
          structure: { jsonSchema: { name: 'x', schema: JSON.stringify(SCHEMA) } },
        },
      },
    },
  },
  {
    vendor: ollama,
    start: {
      model: 'small',
      messages: [
        { role: 'user', content: '[[sim:tools]]', images: ['aGVsbG8='] },
        { role: 'assistant', content: '', tool_calls: [{ function: { name: 'f', arguments: {} } }] },
        { role: 'tool', tool_name: 'f', content: 'x' },
        { role: 'user', content: '[[sim:echo]]' },
      ],
      tools: [{ type: 'function', function: { name: 'f', parameters: SCHEMA } }],
      format: SCHEMA,
      options: { temperature: 1, stop: ['x'] },
    },
  },
  {
    vendor: cohere,
    start: {
      model: 'small',
      messages: [
        { role: 'user', content: [{ type: 'text', text: '[[sim:tools]]' }] },
        { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }] },
        { role: 'tool', tool_call_id: 'a', content: 'x' },
        { role: 'user', content: '[[sim:echo]]' },
      ],
      tools: [{ type: 'function', function: { name: 'f', parameters: SCHEMA } }],
      tool_choice: 'REQUIRED',
      response_format: { type: 'json_object', json_schema: SCHEMA },
    },
  },
];

describe.each(STARTS)('the reader of $vendor.name', ({ vendor, start }) => {
  const answer = (body: JsonObject): void => {
    const ask = vendor.readRequest(body, { 'anthropic-version': '1' }, ROUTE);
    const plan = planAnswer(ask, markersOf(ask), '000001', new Map());
    expect(vendor.writeStream(ask, plan.answer, IDENTITY).length).toBeGreaterThan(0);
    JSON.parse(vendor.writeWhole(ask, plan.answer, IDENTITY));
  };

  it('answers what is right', () => {
    expect(() => answer(start)).not.toThrow();
  });

  it('answers it with anything in any place of it, or refuses that in the words of the vendor', () => {
    const bodies = fc.tuple(fc.array(fc.nat({ max: 7 }), { minLength: 1, maxLength: 8 }), FIELD, value);
    fc.assert(
      fc.property(bodies, ([path, field, changed]) => {
        const body = replaceAt(start, path, field, changed);
        try {
          if (isObject(body)) answer(body);
        } catch (error) {
          if (!(error instanceof WireError)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });
});

/** Puts a value at the place where a path of child numbers ends; a number past the last child adds a field. */
function replaceAt(node: unknown, [step, ...rest]: number[], field: string, changed: unknown): unknown {
  if (step === undefined || typeof node !== 'object' || node === null) return changed;
  const children = Object.entries(node);
  const child = children[step];
  const entries: [string, unknown][] = child
    ? children.map(([name, old]) => [name, name === child[0] ? replaceAt(old, rest, field, changed) : old])
    : [...children, [field, changed]];
  return Array.isArray(node) ? entries.map(([, element]) => element) : Object.fromEntries(entries);
}
