import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signReasoning } from '../src/answer.ts';
import { type Simulator, startSimulator } from '../src/server.ts';
import { parse, textAt } from './json.ts';

type Refusal = [promise: string, message: string | RegExp, body: object];

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ port: 0, host: '127.0.0.1' });
});
afterAll(() => simulator.close());

async function post(path: string, headers: Record<string, string>, body: object): Promise<[number, string]> {
  const answer = await fetch(`${simulator.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return [answer.status, await answer.text()];
}

const user = { role: 'user', content: 'Hi' };

describe('anthropic refuses', () => {
  const headers = { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' };
  const base = { model: 'small', max_tokens: 100, messages: [user] };
  const use = { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: {} }] };
  const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'x' }] };
  const think = (signature: string): object => ({
    role: 'assistant',
    content: [
      { type: 'thinking', thinking: 'Hm', signature },
      { type: 'text', text: 'So' },
    ],
  });
  const refusals: Refusal[] = [
    ['an unknown field', 'n: Extra inputs are not permitted', { ...base, n: 1 }],
    ['a request without max_tokens', 'max_tokens: Field required', { model: 'small', messages: [user] }],
    ['a temperature above 1', 'temperature: range: 0..1', { ...base, temperature: 1.5 }],
    ['a system message', 'top-level `system` parameter', { ...base, messages: [{ role: 'system', content: 'x' }] }],
    [
      'an unknown role',
      "Input should be 'user' or 'assistant'",
      { ...base, messages: [{ role: 'tool', content: 'x' }] },
    ],
    [
      'an empty text block',
      'text content blocks must be non-empty',
      { ...base, messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] },
    ],
    ['an empty message', 'non-empty content', { ...base, messages: [{ role: 'user', content: '' }] }],
    [
      'a first turn of the assistant',
      'first message must use',
      { ...base, messages: [{ role: 'assistant', content: 'x' }] },
    ],
    ['a tool use without its result', 'immediately after: a', { ...base, messages: [user, use, user] }],
    ['a result without its tool use', 'unexpected `tool_use_id`', { ...base, messages: [result] }],
    ['a tool without an object schema', 'input_schema.type', { ...base, tools: [{ name: 'f', input_schema: {} }] }],
    ['a tool choice without tools', 'tool_choice', { ...base, tool_choice: { type: 'any' } }],
    ['a blank stop sequence', 'non-whitespace', { ...base, stop_sequences: [' '] }],
    ['altered thinking', 'Invalid `signature`', { ...base, messages: [user, think('x'), user] }],
    [
      'a thinking budget beyond max_tokens',
      '`max_tokens` must be greater',
      { ...base, thinking: { type: 'enabled', budget_tokens: 1024 } },
    ],
  ];
  it.each(refusals)('%s', async (_promise, message, body) => {
    const [status, text] = await post('/anthropic/v1/messages', headers, body);
    expect(status).toBe(400);
    expect(textAt(parse(text), 'error', 'message')).toContain(message);
    expect(textAt(parse(text), 'error', 'type')).toBe('invalid_request_error');
  });

  it('a request without its version header', async () => {
    const [status, text] = await post('/anthropic/v1/messages', { 'x-api-key': 'k' }, base);
    expect([status, textAt(parse(text), 'error', 'message')]).toEqual([400, 'anthropic-version: header is required']);
  });

  it('but joins consecutive turns of one role, and takes its own thinking back', async () => {
    const part = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'b', content: 'y' }] };
    const two = { role: 'assistant', content: [{ type: 'tool_use', id: 'b', name: 'g', input: {} }] };
    const messages = [user, user, think(signReasoning('Hm')), use, two, result, part];
    const [status, text] = await post('/anthropic/v1/messages', headers, { ...base, messages });
    expect([status, textAt(parse(text), 'content', 0, 'text')]).toEqual([200, 'f: x\ng: y']);
  });
});

describe('gemini refuses', () => {
  const contents = [{ role: 'user', parts: [{ text: 'Hi' }] }];
  const base = { contents };
  const call = { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] };
  const respond = (functionResponse: object): object => ({ role: 'user', parts: [{ functionResponse }] });
  const declare = (declaration: object): object => ({
    ...base,
    tools: [{ functionDeclarations: [{ name: 'f', ...declaration }] }],
  });
  const refusals: Refusal[] = [
    ['an unknown field', 'Unknown name "max_tokens": Cannot find field.', { ...base, max_tokens: 1 }],
    [
      'an unknown field inside',
      'Unknown name "maxTokens" at \'generation_config\': Cannot find field.',
      { ...base, generationConfig: { maxTokens: 1 } },
    ],
    ['a request without contents', 'contents is not specified', {}],
    [
      'a wrong role',
      'Please use a valid role: user, model.',
      { contents: [{ role: 'assistant', parts: [{ text: 'x' }] }] },
    ],
    ['a turn without parts', 'must not be empty', { contents: [{ role: 'user', parts: [] }] }],
    ['an empty part', "required oneof field 'data'", { contents: [{ role: 'user', parts: [{}] }] }],
    ['a wrong type', 'TYPE_FLOAT', { ...base, generationConfig: { temperature: 'hot' } }],
    [
      'a function response that is no object',
      'google.protobuf.Struct',
      { contents: [...contents, call, respond({ name: 'f', response: 'x' })] },
    ],
    [
      'a function response without a name',
      'Name cannot be empty',
      { contents: [...contents, call, respond({ response: {} })] },
    ],
    [
      'a function response without its call',
      'comes immediately after a function call turn',
      { contents: [respond({ name: 'f', response: {} })] },
    ],
    ['a call without its response', 'is equal to the number', { contents: [...contents, call, ...contents] }],
    ...['$ref', '$defs', '$schema', 'const'].map((field): Refusal => [
      `${field} in parameters`,
      `Unknown name "${field}" at 'tools[0].function_declarations[0].parameters.properties[a]'`,
      declare({ parameters: { type: 'OBJECT', properties: { a: { [field]: 'x' } } } }),
    ]),
  ];
  it.each(refusals)('%s', async (_promise, message, body) => {
    const [status, text] = await post('/gemini/v1beta/models/small:generateContent', { 'x-goog-api-key': 'k' }, body);
    expect(status).toBe(400);
    expect(textAt(parse(text), 'error', 'message')).toContain(message);
    expect(textAt(parse(text), 'error', 'status')).toBe('INVALID_ARGUMENT');
  });

  it('but takes calls as the turns of a stream, and the older name of the turn with results', async () => {
    const result = { functionResponse: { name: 'f', response: {} } };
    const said = { role: 'model', parts: [{ text: '' }] };
    const body = { contents: [...contents, call, call, said, { role: 'function', parts: [result, result] }] };
    expect((await post('/gemini/v1beta/models/small:generateContent?key=k', {}, body))[0]).toBe(200);
  });

  it('but takes snake case, and any JSON Schema in parametersJsonSchema', async () => {
    const parametersJsonSchema = { $schema: 'x', type: 'object', $defs: { a: { const: 1 } } };
    const body = { ...declare({ parametersJsonSchema }), generation_config: { max_output_tokens: 5 } };
    expect((await post('/gemini/v1beta/models/small:generateContent?key=k', {}, body))[0]).toBe(200);
  });
});

describe('bedrock refuses', () => {
  const said = { role: 'user', content: [{ text: 'Hi' }] };
  const use = { role: 'assistant', content: [{ toolUse: { toolUseId: 'a', name: 'f', input: {} } }] };
  const result = { role: 'user', content: [{ toolResult: { toolUseId: 'a', content: [{ text: 'x' }] } }] };
  const toolConfig = { tools: [{ toolSpec: { name: 'f', inputSchema: { json: { type: 'object' } } } }] };
  const saying = (...content: object[]): object => ({ messages: [{ role: 'user', content }] });
  const thought = (signature: string): object => ({
    role: 'assistant',
    content: [{ reasoningContent: { reasoningText: { text: 'Hm', signature } } }, { text: 'x' }],
  });
  const refusals: Refusal[] = [
    ['a request without messages', 'must not be null', {}],
    [
      'a conversation that the assistant opens',
      'must start with a user message',
      { messages: [use, result], toolConfig },
    ],
    ['an unknown role', 'enum value set: [user, assistant]', { messages: [{ role: 'system', content: [] }] }],
    ['a turn without content', 'at messages.0 is empty', saying()],
    ['a blank text', 'at messages.0.content.0 is blank', saying({ text: '' })],
    ['a block of two kinds', 'one and only one', saying({ text: 'x', image: {} })],
    [
      'an image of an unknown format',
      'enum value set',
      saying({ image: { format: 'tiff', source: { bytes: 'aGk=' } } }),
    ],
    ['an image without bytes', 'bytes, s3Location', saying({ image: { format: 'png', source: {} } })],
    [
      'a document with an odd name',
      'The document file name can only contain',
      saying({ text: 'x' }, { document: { format: 'pdf', name: 'a.pdf', source: { bytes: 'aGk=' } } }),
    ],
    [
      'a document without a word beside it',
      'include a ContentBlock with a text field',
      saying({ document: { format: 'pdf', name: 'a', source: { bytes: 'aGk=' } } }),
    ],
    ['calls without toolConfig', 'toolConfig field must be defined', { messages: [said, use, result] }],
    [
      'a call without its result',
      'Expected toolResult blocks at messages.2',
      { messages: [said, use, said], toolConfig },
    ],
    ['a result without its call', 'exceeds the number of toolUse', { messages: [said, result], toolConfig }],
    ['reasoning of a user', 'User messages cannot contain reasoning', saying({ reasoningContent: {} })],
    ['reasoning that was altered', 'Invalid `signature`', { messages: [said, thought('forged'), said] }],
    [
      'a choice that it does not know',
      'auto, any, tool',
      { messages: [said], toolConfig: { ...toolConfig, toolChoice: { none: {} } } },
    ],
    [
      'a schema that is no text',
      'as a string',
      {
        messages: [said],
        outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: {} } } } },
      },
    ],
    ['a value out of range', 'less than or equal to 1', { messages: [said], inferenceConfig: { temperature: 2 } }],
    [
      'a choice told twice',
      'conflicts with the existing field',
      {
        messages: [said],
        toolConfig: { ...toolConfig, toolChoice: { any: {} } },
        additionalModelRequestFields: { tool_choice: { type: 'auto' } },
      },
    ],
  ];
  it.each(refusals)('%s', async (_promise, message, body) => {
    const [status, text] = await post('/bedrock/model/small/converse', { authorization: 'Bearer k' }, body);
    expect(status).toBe(400);
    expect(textAt(parse(text), 'message')).toContain(message);
  });

  it('but takes its own reasoning back', async () => {
    const body = { messages: [said, thought(signReasoning('Hm')), said] };
    const [status] = await post('/bedrock/model/small/converse', { authorization: 'Bearer k' }, body);
    expect(status).toBe(200);
  });
});
