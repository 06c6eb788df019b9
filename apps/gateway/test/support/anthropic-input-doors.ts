import { anthropic, MODEL_FIELD, PIXEL, user, type Fields, type InputDoor, type Wrong } from './input-door.ts';

const toolUse = (id: string): Fields => ({
  role: 'assistant',
  content: [{ type: 'tool_use', id, name: 'f', input: {} }],
});
const toolResult = (id: string): Fields => user([{ type: 'tool_result', tool_use_id: id, content: 'x' }]);
const image = (source: Fields): Fields => ({ messages: [user([{ type: 'image', source }])] });

const WRONG_MESSAGES: Wrong[] = [
  ...MODEL_FIELD,
  ['no messages', { messages: undefined }, 'messages'],
  ['a text as messages', { messages: 'Hi' }, 'messages'],
  ['an empty list of messages', { messages: [] }, 'messages'],
  ['a text as a message', { messages: ['Hi'] }, 'messages.0'],
  ['an unknown role', { messages: [{ role: 'robot', content: 'Hi' }] }, 'messages.0.role'],
  ['a number as content', { messages: [user(5)] }, 'messages.0.content'],
  ['a number as system', { system: 5 }, 'system'],
  ['an object as tools', { tools: {} }, 'tools'],
  ['a result of no call', { messages: [user('Hi'), toolResult('t')] }, 'messages.1.content.0.tool_use_id'],
  [
    'a result of another call',
    { messages: [user('Hi'), toolUse('a'), toolResult('b')] },
    'messages.2.content.0.tool_use_id',
  ],
  [
    'an image in base64 that is none',
    image({ type: 'base64', media_type: 'image/png', data: '%%%' }),
    'messages.0.content.0.source.data',
  ],
  ['an image without its type', image({ type: 'base64', data: PIXEL }), 'messages.0.content.0.source.media_type'],
  [
    'an image of a type that Anthropic has not',
    image({ type: 'base64', media_type: 'image/tiff', data: PIXEL }),
    'messages.0.content.0.source.media_type',
  ],
  [
    'an image without its data',
    image({ type: 'base64', media_type: 'image/png', data: '' }),
    'messages.0.content.0.source.data',
  ],
  ['an image without an address', image({ type: 'url' }), 'messages.0.content.0.source.url'],
  ['a part of OpenAI’s', { messages: [user([{ type: 'image_url' }])] }, 'messages.0.content.0.type'],
  ['a tool of OpenAI’s', { tools: [{ type: 'function', function: { name: 'f' } }] }, 'tools.0.type'],
  ['a call that the user makes', { messages: [{ ...toolUse('a'), role: 'user' }] }, 'messages.0.content.0.type'],
  [
    'two results of one call',
    { messages: [toolUse('a'), user([toolResult('a'), toolResult('a')].flatMap(({ content }) => content))] },
    'messages.1.content.1.tool_use_id',
  ],
  [
    'a document in base64 that is none',
    {
      messages: [user([{ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: '%%%' } }])],
    },
    'messages.0.content.0.source.data',
  ],
  [
    'a result that shows a broken image',
    {
      messages: [
        toolUse('a'),
        user([
          {
            type: 'tool_result',
            tool_use_id: 'a',
            content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: '%%%' } }],
          },
        ]),
      ],
    },
    'messages.1.content.0.content.0.source.data',
  ],
];

export const messages: InputDoor = {
  name: 'messages',
  path: () => '/v1/messages',
  body: (model, fields) => ({ model, max_tokens: 10, messages: [user('Hi')], ...fields }),
  shape: anthropic,
  connections: ['claude', 'chat'],
  wrong: [
    ...WRONG_MESSAGES,
    ['no max_tokens', { max_tokens: undefined }, 'max_tokens'],
    ['a text as max_tokens', { max_tokens: '5' }, 'max_tokens'],
    ['a text as temperature', { temperature: 'hot' }, 'temperature'],
    ['a text as stream', { stream: 'yes' }, 'stream'],
    ['a parameter of OpenAI’s', { n: 2 }, 'n'],
  ],
  otherMethods: ['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD'],
  unknownPath: '/v1/messages/nothing',
};

export const count: InputDoor = {
  ...messages,
  name: 'messages/count_tokens',
  path: () => '/v1/messages/count_tokens',
  body: (model, fields) => ({ model, messages: [user('Hi')], ...fields }),
  wrong: WRONG_MESSAGES,
};
