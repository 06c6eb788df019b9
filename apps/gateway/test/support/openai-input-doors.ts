import { MODEL_FIELD, openai, PIXEL, user, type InputDoor, type Wrong } from './input-door.ts';

const MEDIA_URLS: [what: string, url: string][] = [
  ['an image in base64 that is none', 'data:image/png;base64,%%%'],
  ['an image without its type', `data:;base64,${PIXEL}`],
  ['an image without a type or an encoding', `data:,${PIXEL}`],
  ['an image without its data', 'data:image/png;base64,'],
];
const TIFF = `data:image/tiff;base64,${PIXEL}`;

export const chat: InputDoor = {
  name: 'chat',
  path: () => '/v1/chat/completions',
  body: (model, fields) => ({ model, messages: [user('Hi')], ...fields }),
  shape: openai,
  connections: ['chat', 'claude'],
  wrong: [
    ...MODEL_FIELD,
    ['no messages', { messages: undefined }, 'messages'],
    ['a text as messages', { messages: 'Hi' }, 'messages'],
    ['an empty list of messages', { messages: [] }, 'messages'],
    ['a text as a message', { messages: ['Hi'] }, 'messages.0'],
    ['an unknown role', { messages: [{ role: 'robot', content: 'Hi' }] }, 'messages.0.role'],
    ['a number as content', { messages: [user(5)] }, 'messages.0.content'],
    ['a text as temperature', { temperature: 'hot' }, 'temperature'],
    ['a text as max_tokens', { max_tokens: '5' }, 'max_tokens'],
    ['a text as stream', { stream: 'yes' }, 'stream'],
    ['an object as tools', { tools: {} }, 'tools'],
    [
      'a result of no call',
      { messages: [user('Hi'), { role: 'tool', tool_call_id: 'c', content: 'x' }] },
      'messages.1.tool_call_id',
    ],
    [
      'a result of another call',
      {
        messages: [
          { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }] },
          { role: 'tool', tool_call_id: 'b', content: 'x' },
        ],
      },
      'messages.1.tool_call_id',
    ],
    [
      'a result before its call',
      {
        messages: [
          { role: 'tool', tool_call_id: 'a', content: 'x' },
          { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }] },
        ],
      },
      'messages.0.tool_call_id',
    ],
    ...MEDIA_URLS.map(([what, url]): Wrong => [
      what,
      { messages: [user([{ type: 'image_url', image_url: { url } }])] },
      'messages.0.content.0.image_url.url',
    ]),
    [
      'a file without its type',
      { messages: [user([{ type: 'file', file: { file_data: `data:;base64,${PIXEL}` } }])] },
      'messages.0.content.0.file.file_data',
    ],
    [
      'audio in base64 that is none',
      { messages: [user([{ type: 'input_audio', input_audio: { data: '%%%', format: 'wav' } }])] },
      'messages.0.content.0.input_audio.data',
    ],
    [
      'audio without its format',
      { messages: [user([{ type: 'input_audio', input_audio: { data: 'AAAA' } }])] },
      'messages.0.content.0.input_audio.format',
    ],
  ],
  impossible: [
    [
      'audio',
      { messages: [user([{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }])] },
      'messages.0.content.0',
    ],
    [
      'an image of a type that it does not read',
      { messages: [user([{ type: 'image_url', image_url: { url: TIFF } }])] },
      'messages.0.content.0',
    ],
    ['more answers than calls may be made for', { n: 17 }, 'n'],
  ],
  dropped: [{ logit_bias: { 5: 1 } }, 'logit_bias'],
  otherMethods: ['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD'],
  unknownPath: '/v1/chat/nothing',
};

const F = { type: 'function', name: 'f', parameters: { type: 'object', properties: {} } };
const CHAT_CHOICE = { type: 'function', function: { name: 'f' } };

export const responses: InputDoor = {
  name: 'responses',
  path: () => '/v1/responses',
  body: (model, fields) => ({ model, input: 'Hi', store: false, ...fields }),
  shape: openai,
  connections: ['openai', 'claude'],
  wrong: [
    ...MODEL_FIELD,
    ['no input', { input: undefined }, 'input'],
    ['an empty input', { input: [] }, 'input'],
    ['a number as input', { input: 5 }, 'input'],
    ['a text as an item', { input: ['Hi'] }, 'input.0'],
    ['an unknown role', { input: [{ role: 'robot', content: 'Hi' }] }, 'input.0.role'],
    ['a number as content', { input: [user(5)] }, 'input.0.content'],
    ['a text as temperature', { temperature: 'hot' }, 'temperature'],
    ['a text as max_output_tokens', { max_output_tokens: '5' }, 'max_output_tokens'],
    ['an object as tools', { tools: {} }, 'tools'],
    ['an unknown effort', { reasoning: { effort: 'heroic' } }, 'reasoning.effort'],
    [
      'a result of no call',
      { input: [user('Hi'), { type: 'function_call_output', call_id: 'c', output: 'x' }] },
      'input.1.call_id',
    ],
    [
      'a result of another call',
      {
        input: [
          { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
          { type: 'function_call_output', call_id: 'b', output: 'x' },
        ],
      },
      'input.1.call_id',
    ],
    ['a number as the type of a message', { input: [{ ...user('Hi'), type: 4 }] }, 'input.0.type'],
    ['an image that is nowhere', { input: [user([{ type: 'input_image' }])] }, 'input.0.content.0.image_url'],
    ['a file that is nowhere', { input: [user([{ type: 'input_file' }])] }, 'input.0.content.0.file_data'],
    ['a reference to nothing', { input: [{ type: 'item_reference' }, user('Hi')] }, 'input.0.id'],
    ['a choice of no tools', { tool_choice: 'required' }, 'tool_choice'],
    ['a choice of a tool in the words of chat', { tools: [F], tool_choice: CHAT_CHOICE }, 'tool_choice.name'],
    ['a list of allowed tools that is missing', { tool_choice: { type: 'allowed_tools' } }, 'tool_choice.tools'],
    ['a choice of another tool', { tools: [F], tool_choice: { ...F, name: 'g' } }, 'tool_choice'],
    [
      'another tool allowed',
      { tools: [F], tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ ...F, name: 'g' }] } },
      'tool_choice',
    ],
    ['a text as max_tool_calls', { max_tool_calls: 'x' }, 'max_tool_calls'],
    ['a number as truncation', { truncation: 1 }, 'truncation'],
    ['a text as stream_options', { stream_options: 'x' }, 'stream_options'],
    ['a number as service_tier', { service_tier: 1 }, 'service_tier'],
    ['a number as prompt_cache_key', { prompt_cache_key: 1 }, 'prompt_cache_key'],
    ['a number as safety_identifier', { safety_identifier: 1 }, 'safety_identifier'],
    ['a number as summary', { reasoning: { summary: 1 } }, 'reasoning.summary'],
    ['an unknown previous response', { previous_response_id: 'resp_unknown' }, 'previous_response_id'],
    ...MEDIA_URLS.map(([what, image_url]): Wrong => [
      what,
      { input: [user([{ type: 'input_image', image_url }])] },
      'input.0.content.0.image_url',
    ]),
    [
      'a file without its type',
      { input: [user([{ type: 'input_file', file_data: `data:;base64,${PIXEL}` }])] },
      'input.0.content.0.file_data',
    ],
  ],
  impossible: [
    ['audio', { input: [user([{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }])] }, 'input'],
    [
      'an image of a type that it does not read',
      { input: [user([{ type: 'input_image', image_url: TIFF }])] },
      'input',
    ],
    ['a conversation that is kept elsewhere', { conversation: 'conv_1' }, 'conversation'],
  ],
  dropped: [{ truncation: 'auto' }, 'truncation'],
  otherMethods: ['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD'],
  unknownPath: '/v1/responses/a/b',
};

export const embeddings: InputDoor = {
  name: 'embeddings',
  path: () => '/v1/embeddings',
  body: (model, fields) => ({ model, input: 'Hi', ...fields }),
  shape: openai,
  connections: ['chat', 'gem'],
  wrong: [
    ...MODEL_FIELD,
    ['no input', { input: undefined }, 'input'],
    ['an empty input', { input: [] }, 'input'],
    ['an empty text', { input: '' }, 'input'],
    ['an object as input', { input: {} }, 'input'],
    ['a mixed input', { input: ['a', 5] }, 'input.1'],
    ['an unknown encoding', { encoding_format: 'hex' }, 'encoding_format'],
    ['a text as dimensions', { dimensions: '5' }, 'dimensions'],
    ['a number as user', { user: 5 }, 'user'],
  ],
  otherMethods: ['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD'],
  unknownPath: '/v1/embeddings/nothing',
};
