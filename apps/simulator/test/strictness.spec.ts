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

describe('openai refuses', () => {
  const base = { model: 'small', messages: [user] };
  const call = (id: string): object => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });
  const refusals: Refusal[] = [
    ['an unknown field', 'Unrecognized request argument supplied: top_k', { ...base, top_k: 1 }],
    ['a wrong type', "Invalid type for 'temperature'", { ...base, temperature: 'hot' }],
    ['a value out of range', "Invalid 'temperature': decimal above maximum value", { ...base, temperature: 3 }],
    ['a request without messages', "Missing required parameter: 'messages'.", { model: 'small' }],
    ['an empty conversation', "Invalid 'messages': empty array", { model: 'small', messages: [] }],
    ['an unknown role', "Invalid value: 'king'", { ...base, messages: [{ role: 'king', content: 'Hi' }] }],
    [
      'a tool message without its call',
      "messages with role 'tool' must be a response",
      { ...base, messages: [user, { role: 'tool', tool_call_id: 'a', content: 'x' }] },
    ],
    [
      'a call without its tool message',
      'did not have response messages: b',
      {
        ...base,
        messages: [
          user,
          { role: 'assistant', tool_calls: [call('a'), call('b')] },
          { role: 'tool', tool_call_id: 'a', content: 'x' },
          user,
        ],
      },
    ],
    ['a tool choice without tools', 'only allowed when', { ...base, tool_choice: 'auto' }],
    ['stream options without a stream', "only allowed when 'stream'", { ...base, stream_options: {} }],
    ['both token limits', 'at the same time', { ...base, max_tokens: 1, max_completion_tokens: 1 }],
    [
      'JSON mode without the word',
      "must contain the word 'json'",
      { ...base, response_format: { type: 'json_object' } },
    ],
    ['null tools', "Invalid type for 'tools'", { ...base, tools: null }],
  ];
  it.each(refusals)('%s', async (_promise, message, body) => {
    const [status, text] = await post('/openai/v1/chat/completions', { authorization: 'Bearer k' }, body);
    expect(status).toBe(400);
    expect(textAt(parse(text), 'error', 'message')).toMatch(message);
    expect(textAt(parse(text), 'error', 'type')).toBe('invalid_request_error');
  });

  it('but takes null for an optional field', async () => {
    const body = { ...base, temperature: null, stop: null, stream: null, max_tokens: null };
    expect((await post('/openai/v1/chat/completions', { authorization: 'Bearer k' }, body))[0]).toBe(200);
  });
});

describe('openai refuses in Responses', () => {
  const base = { model: 'small', input: [user] };
  const call = (id: string): object => ({ type: 'function_call', call_id: id, name: 'f', arguments: '{}' });
  const output = (id: string): object => ({ type: 'function_call_output', call_id: id, output: 'x' });
  const think = (id: string, state = signReasoning(id)): object => ({
    type: 'reasoning',
    id,
    summary: [],
    encrypted_content: state,
  });
  const conversation = (...items: object[]): object => ({ ...base, input: [user, ...items] });
  const format = (value: object): object => ({ ...base, text: { format: value } });
  const refusals: Refusal[] = [
    ['an unknown field', "Unknown parameter: 'messages'", { ...base, messages: [user] }],
    ['an unknown field inside', "Unknown parameter: 'reasoning.max_tokens'", { ...base, reasoning: { max_tokens: 1 } }],
    ['a request without input', "Missing required parameter: 'input'.", { model: 'small' }],
    ['too few output tokens', 'Expected a value >= 16', { ...base, max_output_tokens: 1 }],
    ['an unknown inclusion', "Invalid value: 'all'", { ...base, include: ['all'] }],
    ['an unknown role', "Invalid value: 'tool'", conversation({ role: 'tool', content: 'x' })],
    ['a part of chat', "Invalid value: 'text'", conversation({ role: 'user', content: [{ type: 'text', text: 'x' }] })],
    [
      'input parts in an answer',
      "Supported values are: 'output_text' and 'refusal'",
      conversation({ role: 'assistant', content: [{ type: 'input_text', text: 'x' }] }),
    ],
    [
      'an output without its call',
      'No tool call found for function call output with call_id a',
      conversation(output('a')),
    ],
    ['a call without its output', 'No tool output found for function call b', conversation(call('b'), user)],
    [
      'a call without its arguments',
      "Missing required parameter: 'input[1].arguments'",
      conversation({ ...call('a'), arguments: undefined }),
    ],
    ['a tool as in chat', "tools[0].name'", { ...base, tools: [{ type: 'function', function: { name: 'f' } }] }],
    ['a format without its schema', "'text.format.schema'", format({ type: 'json_schema', name: 'x' })],
    ['JSON mode without the word', "must contain the word 'json'", format({ type: 'json_object' })],
    ['altered state', 'could not be verified', conversation(think('rs_1', 'x'), call('a'), output('a'))],
    [
      'state under another id',
      'could not be verified',
      conversation(think('rs_1', signReasoning('rs_2')), call('a'), output('a')),
    ],
    [
      'readable reasoning',
      'array too long',
      conversation({ ...think('rs_1'), content: [{ type: 'reasoning_text', text: 'x' }] }, call('a')),
    ],
    ['reasoning without what it led to', 'without its required following item', conversation(think('rs_1'), user)],
  ];
  it.each(refusals)('%s', async (_promise, message, body) => {
    const [status, text] = await post('/openai/v1/responses', { authorization: 'Bearer k' }, body);
    expect(status).toBe(400);
    expect(textAt(parse(text), 'error', 'message')).toContain(message);
    expect(textAt(parse(text), 'error', 'type')).toBe('invalid_request_error');
  });

  it('reasoning that was not stored', async () => {
    const body = conversation({ type: 'reasoning', id: 'rs_1', summary: [] }, call('a'), output('a'));
    const [status, text] = await post('/openai/v1/responses', { authorization: 'Bearer k' }, body);
    expect([status, textAt(parse(text), 'error', 'message')]).toEqual([404, expect.stringContaining('not persisted')]);
  });

  it('but takes its own state back, and a text for input', async () => {
    const headers = { authorization: 'Bearer k' };
    const body = conversation(
      think('rs_1'),
      { role: 'assistant', content: 'x' },
      think('rs_2'),
      call('a'),
      output('a'),
    );
    expect((await post('/openai/v1/responses', headers, body))[0]).toBe(200);
    expect((await post('/openai/v1/responses', headers, { ...base, input: 'Hi', temperature: null }))[0]).toBe(200);
  });
});

describe('ollama refuses', () => {
  const base = { model: 'small', messages: [user] };
  const call = { function: { name: 'f', arguments: '{}' } };
  const refusals: Refusal[] = [
    ['a request without a model', 'model is required', { messages: [user] }],
    ['content in parts', 'messages.0.content of type string', { ...base, messages: [{ role: 'user', content: [] }] }],
    ['an option of a wrong type', 'option "seed" must be of type integer', { ...base, options: { seed: 'x' } }],
    ['one stop sequence alone', 'option "stop" must be of type array', { ...base, options: { stop: 'x' } }],
    [
      'arguments as text',
      'type api.ToolCallFunctionArguments',
      { ...base, messages: [user, { role: 'assistant', content: '', tool_calls: [call] }] },
    ],
    [
      'an image at an address',
      'illegal base64 data at input byte 5',
      { ...base, messages: [{ ...user, images: ['https://example.com/a.png'] }] },
    ],
    ['an unknown format', 'expected "json" or a valid JSON Schema object', { ...base, format: 'yaml' }],
    ['an unknown level of thought', 'invalid think value: "max"', { ...base, think: 'max' }],
  ];
  it.each(refusals)('%s', async (_promise, message, body) => {
    const [status, text] = await post('/ollama/api/chat', {}, body);
    expect(status).toBe(400);
    expect(textAt(parse(text), 'error')).toMatch(message);
  });

  it('but takes fields that it does not know', async () => {
    expect((await post('/ollama/api/chat', {}, { ...base, tool_choice: 'required', n: 3 }))[0]).toBe(200);
  });
});

describe('cohere refuses', () => {
  const base = { model: 'small', messages: [user] };
  const refusals: Refusal[] = [
    ['a wrong type', 'parameter temperature is of type string', { ...base, temperature: 'hot' }],
    ['a value out of range', 'p must be between 0.01 and 0.99 inclusive', { ...base, p: 1 }],
    ['both penalties', "only one of 'presence_penalty'", { ...base, presence_penalty: 1, frequency_penalty: 1 }],
    ['an unknown choice of tools', 'tool_choice must be one of', { ...base, tool_choice: 'auto' }],
    ['six stop sequences', 'at most 5', { ...base, stop_sequences: ['1', '2', '3', '4', '5', '6'] }],
    ['an unknown role', "invalid role in messages: 'developer'", { ...base, messages: [{ role: 'developer' }] }],
    ['a silent message', 'all elements in history must have a message', { ...base, messages: [{ role: 'user' }] }],
    [
      'a result without its call',
      'tool call id not found',
      { ...base, messages: [user, { role: 'tool', tool_call_id: 'a', content: 'x' }] },
    ],
  ];
  it.each(refusals)('%s', async (_promise, message, body) => {
    const [status, text] = await post('/cohere/v2/chat', { authorization: 'Bearer k' }, body);
    expect(status).toBe(400);
    expect(textAt(parse(text), 'message')).toContain(message);
  });

  it('an unknown field', async () => {
    const [status, text] = await post('/cohere/v2/chat', { authorization: 'Bearer k' }, { ...base, top_p: 1 });
    expect([status, textAt(parse(text), 'message')]).toEqual([
      422,
      "unknown field: parameter 'top_p' is not a valid field",
    ]);
  });
});

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
