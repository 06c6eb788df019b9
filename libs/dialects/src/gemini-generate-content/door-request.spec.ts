import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { asking, open } from './door.testing.ts';
import { encodeRequest } from './request.ts';

const target = {
  provider: 'google',
  upstreamModel: 'm',
  capabilities: { reasoning: 'budget' as const },
  maxOutputTokens: null,
};
const user = (...parts: object[]) => ({ role: 'user', parts });
const model = (...parts: object[]) => ({ role: 'model', parts });
const decode = (...contents: object[]) => open({ contents }).request.messages;

describe('a body of generateContent', () => {
  it('is a hub request for the model of the path, which a body cannot change', () => {
    expect(open(asking({ model: 'models/other' })).request).toEqual({
      model: 'connection/model',
      messages: [{ role: 'user', content: 'Hi' }],
    });
  });

  it('asks for usage where the path asks for a stream', () => {
    expect(open(asking(), 'events').request).toMatchObject({ stream: true, stream_options: { include_usage: true } });
  });

  it('may be written in snake case and with one thing for a list of one, as in Google’s documents', () => {
    const { request, losses } = open({
      system_instruction: { parts: { text: 'Be brief.' } },
      contents: { parts: [{ text: 'See' }, { inline_data: { mime_type: 'image/png', data: 'aGk=' } }] },
      generation_config: { max_output_tokens: 5, stop_sequences: ['x'], response_mime_type: 'application/json' },
      tools: {
        function_declarations: [{ name: 'f', parameters: { type: 'OBJECT', properties: { a_b: { type: 'STRING' } } } }],
      },
      tool_config: { function_calling_config: { mode: 'any', allowed_function_names: ['f'] } },
    });
    expect(losses).toEqual([]);
    expect(request).toEqual({
      model: 'connection/model',
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'See' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
          ],
        },
      ],
      max_tokens: 5,
      stop: ['x'],
      response_format: { type: 'json_object' },
      tools: [
        {
          type: 'function',
          function: { name: 'f', parameters: { type: 'object', properties: { a_b: { type: 'string' } } } },
        },
      ],
      tool_choice: { type: 'function', function: { name: 'f' } },
    });
  });

  it.each([
    [{}, 'contents'],
    [{ contents: [] }, 'contents'],
    [{ contents: 'Hi' }, 'contents.0'],
    [{ contents: [{ role: 'robot', parts: [{ text: 'x' }] }] }, 'contents.0.role'],
    [{ contents: [{ role: 'user' }] }, 'contents.0.parts'],
    [{ contents: [user({})] }, 'contents.0.parts.0'],
    [{ contents: [user({ text: 1 })] }, 'contents.0.parts.0.text'],
    [{ contents: [user({ inlineData: { data: 'aGk=' } })] }, 'contents.0.parts.0.inlineData.mimeType'],
    [{ contents: [user({ functionResponse: { name: 'f', response: {} } })] }, 'contents.0.parts.0.functionResponse'],
    [{ contents: [model({ functionCall: { args: {} } })] }, 'contents.0.parts.0.functionCall.name'],
    [{ contents: [model({ functionCall: { name: 'f', args: 'x' } })] }, 'contents.0.parts.0.functionCall.args'],
    [asking({ generationConfig: { temperature: 'hot' } }), 'generationConfig.temperature'],
    [asking({ generationConfig: { maxOutputTokens: 0 } }), 'generationConfig.maxOutputTokens'],
    [
      asking({ generationConfig: { thinkingConfig: { thinkingLevel: 'GENIUS' } } }),
      'generationConfig.thinkingConfig.thinkingLevel',
    ],
    [asking({ generationConfig: { responseSchema: 'x' } }), 'generationConfig.responseSchema'],
    [asking({ generationConfig: { responseJsonSchema: [] } }), 'generationConfig.responseJsonSchema'],
    [asking({ tools: [{ functionDeclarations: [{}] }] }), 'tools.0.functionDeclarations.0.name'],
    [asking({ toolConfig: { functionCallingConfig: { mode: 'MAYBE' } } }), 'toolConfig.functionCallingConfig.mode'],
  ])('is refused: %j, for %s', (body, param) => {
    expect(() => open(body)).toThrow(
      expect.objectContaining({ code: 'invalid_request', details: expect.objectContaining({ param }) }),
    );
  });

  it.each([
    [{ safetySettings: [{}] }, 'safetySettings', 'dropped'],
    [{ labels: { a: 'b' } }, 'labels', 'dropped'],
    [
      { systemInstruction: { parts: [{ text: 'x' }, { inlineData: { mimeType: 'image/png', data: 'aGk=' } }] } },
      'systemInstruction.parts.1',
      'dropped',
    ],
    [{ cachedContent: 'cachedContents/1' }, 'cachedContent', 'refused'],
    [{ tools: [{ googleSearch: {} }] }, 'tools.0.googleSearch', 'refused'],
    [{ generationConfig: { speechConfig: {} } }, 'generationConfig.speechConfig', 'dropped'],
    [{ generationConfig: { responseModalities: ['TEXT', 'IMAGE'] } }, 'generationConfig.responseModalities', 'refused'],
    [{ generationConfig: { responseMimeType: 'text/x.enum' } }, 'generationConfig.responseMimeType', 'refused'],
    [
      { contents: [user({ text: 'x' }, { fileData: { fileUri: 'gs://a/b' } })] },
      'contents.0.parts.1.fileData',
      'refused',
    ],
    [{ contents: [user({ text: 'x' }, { hologram: {} })] }, 'contents.0.parts.1', 'refused'],
  ])('tells what the hub has no word for: %j', (fields, param, action) => {
    expect(open(asking(fields)).losses).toEqual([{ param, action, reason: expect.any(String) }]);
  });
});

describe('a schema', () => {
  it.each([{}, { responseMimeType: 'application/json' }])('asks for JSON, with %j', (fields) => {
    const config = { responseSchema: { type: 'OBJECT' }, ...fields };
    expect(open(asking({ generationConfig: config })).request.response_format).toEqual({
      type: 'json_schema',
      json_schema: { name: 'response', schema: { type: 'object' } },
    });
  });
});

describe('a tool loop', () => {
  const call = (name: string, fields: object = {}) => ({ functionCall: { name, args: { a: 1 }, ...fields } });
  const result = (name: string, fields: object = {}) => ({
    functionResponse: { name, response: { result: name }, ...fields },
  });

  it('keeps the ids of calls', () => {
    const messages = decode(
      user({ text: 'Go' }),
      model(call('f', { id: 'call_1' })),
      user(result('f', { id: 'call_1' })),
    );
    expect(messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'f' },
    ]);
  });

  it('finds the calls of results without ids by their names, in order', () => {
    const messages = decode(
      user({ text: 'Go' }),
      model(call('f'), call('g'), call('f')),
      user(result('f'), result('f', { response: { x: 1 } }), result('g'), { text: 'Well?' }),
    );
    const [f, g, other] = messages[1]!.tool_calls!;
    expect(new Set([f!.id, g!.id, other!.id]).size).toBe(3);
    expect(messages.slice(2)).toEqual([
      { role: 'tool', tool_call_id: f!.id, content: 'f' },
      { role: 'tool', tool_call_id: other!.id, content: '{"x":1}' },
      { role: 'tool', tool_call_id: g!.id, content: 'g' },
      { role: 'user', content: 'Well?' },
    ]);
  });

  it('joins an answer that a client kept in the pieces of its stream', () => {
    const messages = decode(
      user({ text: 'Go' }),
      model({ text: 'a' }),
      model({ text: 'b' }),
      model(call('f'), call('g')),
      user(result('f'), result('g')),
    );
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool']);
    expect(messages[1]).toMatchObject({ content: 'ab', tool_calls: [{}, {}] });
  });

  it('shows what a tool drew', () => {
    const parts = [{ inlineData: { mimeType: 'image/png', data: 'aGk=' } }];
    const messages = decode(user({ text: 'Go' }), model(call('f')), user(result('f', { parts })));
    expect(messages[2]?.content).toEqual([
      { type: 'text', text: 'f' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
    ]);
  });
});

describe('thinking', () => {
  it.each([
    [{ thinkingBudget: 0 }, 'none'],
    [{ thinkingBudget: 512 }, 'minimal'],
    [{ thinkingBudget: 1024 }, 'low'],
    [{ thinkingBudget: 8192 }, 'medium'],
    [{ thinkingBudget: 24_576 }, 'high'],
    [{ thinkingBudget: -1 }, undefined],
    [{ thinkingLevel: 'LOW' }, 'low'],
    [{ includeThoughts: true }, undefined],
  ])('%j is the effort %s', (thinkingConfig, effort) => {
    expect(open(asking({ generationConfig: { thinkingConfig } })).request.reasoning_effort).toBe(effort);
  });
});

/** Conversations in the one form in which our own encoder writes them. */
const text = fc.string({ minLength: 1 }).map((value) => ({ text: value }));
const image = fc.base64String({ minLength: 4 }).map((data) => ({ inlineData: { mimeType: 'image/png', data } }));
const signature = fc.string({ minLength: 1 }).map((value) => Buffer.from(value).toString('base64'));
const turn = fc
  .record({
    said: fc.array(fc.oneof(text, image), { minLength: 1, maxLength: 3 }),
    answer: text,
    args: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())),
    signature: fc.option(signature, { nil: undefined }),
    ids: fc.boolean(),
    result: fc.dictionary(fc.constantFrom('x', 'y'), fc.integer(), { minKeys: 1 }),
  })
  .map(({ said, answer, args, signature: thoughtSignature, ids, result }) => {
    const id = ids ? { id: 'call_1' } : {};
    return [
      user(...said),
      model(answer, { functionCall: { ...id, name: 'f', args }, ...(thoughtSignature && { thoughtSignature }) }),
      user({ functionResponse: { ...id, name: 'f', response: result } }),
      model(answer),
    ];
  });
const config = fc.record(
  {
    temperature: fc.constantFrom(0, 0.5, 2),
    topP: fc.constantFrom(0, 1),
    topK: fc.nat(40),
    maxOutputTokens: fc.integer({ min: 1, max: 9999 }),
    stopSequences: fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 5 }),
    seed: fc.integer(),
    candidateCount: fc.integer({ min: 1, max: 8 }),
  },
  { requiredKeys: [] },
);

describe('decoding and encoding again', () => {
  it('says the same', () => {
    fc.assert(
      fc.property(fc.array(turn, { minLength: 1, maxLength: 2 }), config, (turns, generationConfig) => {
        const body = {
          systemInstruction: { parts: [{ text: 'Be brief.' }] },
          contents: turns.flat(),
          tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: { type: 'object' } }] }],
          toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } },
          ...(Object.keys(generationConfig).length > 0 && { generationConfig }),
        };
        const before = JSON.stringify(body);
        const { request, losses } = open(body);
        expect(JSON.stringify(body)).toBe(before);
        expect(losses).toEqual([]);
        expect(encodeRequest(request, target).body).toEqual(body);
      }),
    );
  });
});
