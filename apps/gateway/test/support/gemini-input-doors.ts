import { google, PIXEL, type Fields, type InputDoor, type Wrong } from './input-door.ts';

const contents = (...parts: Fields[]): Fields => ({ contents: [{ role: 'user', parts }] });
const inline = (fields: Fields): Fields => contents({ inlineData: fields });

const WRONG_CONTENTS: Wrong[] = [
  ['no contents', { contents: undefined }, 'contents'],
  ['an empty list of contents', { contents: [] }, 'contents'],
  ['a text as contents', { contents: 'Hi' }, 'contents.0'],
  ['an unknown role', { contents: [{ role: 'robot', parts: [{ text: 'Hi' }] }] }, 'contents.0.role'],
  ['no parts', { contents: [{ role: 'user' }] }, 'contents.0.parts'],
  ['a number as text', contents({ text: 5 }), 'contents.0.parts.0.text'],
  ['an empty part', contents({}), 'contents.0.parts.0'],
  [
    'a result of no call',
    contents({ functionResponse: { name: 'f', response: {} } }),
    'contents.0.parts.0.functionResponse',
  ],
  [
    'a result of another call',
    {
      contents: [
        { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] },
        { role: 'user', parts: [{ functionResponse: { name: 'g', response: {} } }] },
      ],
    },
    'contents.1.parts.0.functionResponse',
  ],
  [
    'an image in base64 that is none',
    inline({ mimeType: 'image/png', data: '%%%' }),
    'contents.0.parts.0.inlineData.data',
  ],
  ['an image without its type', inline({ data: PIXEL }), 'contents.0.parts.0.inlineData.mimeType'],
  ['an image whose type is none', inline({ mimeType: 'png', data: PIXEL }), 'contents.0.parts.0.inlineData.mimeType'],
  ['an image without its data', inline({ mimeType: 'image/png' }), 'contents.0.parts.0.inlineData.data'],
];

export const generate: InputDoor = {
  name: 'generateContent',
  path: (model) => `/v1beta/models/${model}:generateContent`,
  body: (_model, fields) => ({ ...contents({ text: 'Hi' }), ...fields }),
  shape: google,
  connections: ['gem', 'claude'],
  wrong: [
    ...WRONG_CONTENTS,
    ['a text as temperature', { generationConfig: { temperature: 'hot' } }, 'generationConfig.temperature'],
    ['no tokens', { generationConfig: { maxOutputTokens: 0 } }, 'generationConfig.maxOutputTokens'],
    ['a text as generationConfig', { generationConfig: 'warm' }, 'generationConfig'],
    ['a text as a tool', { tools: ['f'] }, 'tools.0'],
  ],
  impossible: [
    ['audio', inline({ mimeType: 'audio/wav', data: 'AAAA' }), 'contents'],
    ['an image of a type that it does not read', inline({ mimeType: 'image/tiff', data: PIXEL }), 'contents'],
    ['a tool of Google’s own', { tools: [{ googleSearch: {} }] }, 'tools.0.googleSearch'],
    ['content that is kept at Google', { cachedContent: 'cachedContents/a' }, 'cachedContent'],
    [
      'a picture as answer',
      { generationConfig: { responseModalities: ['IMAGE'] } },
      'generationConfig.responseModalities',
    ],
  ],
  dropped: [{ labels: { a: 'b' } }, 'labels'],
  otherMethods: ['PUT', 'PATCH', 'DELETE'],
  unknownPath: '/v1beta/models/own/m:predict',
};

export const stream: InputDoor = {
  ...generate,
  name: 'streamGenerateContent',
  path: (model) => `/v1beta/models/${model}:streamGenerateContent`,
};

const { impossible: _impossible, dropped: _dropped, ...generateOnly } = generate;

export const geminiCount: InputDoor = {
  ...generateOnly,
  name: 'countTokens',
  path: (model) => `/v1beta/models/${model}:countTokens`,
  wrong: [
    ...WRONG_CONTENTS,
    ['a text as the whole request', { contents: undefined, generateContentRequest: 'Hi' }, 'generateContentRequest'],
    ['contents beside a whole request', { generateContentRequest: contents({ text: 'Hi' }) }, 'contents'],
  ],
};
