import type { ErrorCode } from '@parley/contracts';
import { asking } from './chat-client.ts';

const HI = [{ role: 'user', content: 'Hi' }];
const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const deepTool = (levels: number): string =>
  `{"model":"provider/m","messages":[{"role":"user","content":"Hi"}],"tools":[{"type":"function","function":{"name":"f","parameters":${'{"properties":{"a":'.repeat(levels)}{}${'}}'.repeat(levels)}}}]}`;

/** Bodies of which nothing may reach a provider, and what is said of each. The limit is 1 MiB. */
export const BAD_BODIES: [name: string, body: string | Buffer | object, code: ErrorCode, param: string | null][] = [
  ['that is empty', '', 'invalid_json', null],
  ['that is no JSON', 'hello', 'invalid_json', null],
  ['that is cut', '{"model":"provider/m","messages":[', 'invalid_json', null],
  ['with a comma too many', '{"model":"provider/m","messages":[],}', 'invalid_json', null],
  ['with something behind it', `${JSON.stringify(asking('provider/m', 'Hi'))} {}`, 'invalid_json', null],
  ['that is a list', '[]', 'invalid_request', 'body'],
  ['that is null', 'null', 'invalid_request', 'body'],
  ['that is a text', '"hi"', 'invalid_request', 'body'],
  ['that is 100,000 levels deep', deep(100_000), 'invalid_request', 'body'],
  [
    'with a message 100,000 levels deep',
    `{"model":"provider/m","messages":${deep(100_000)}}`,
    'invalid_request',
    'body',
  ],
  ['with a tool schema 5,000 levels deep', deepTool(5000), 'invalid_request', 'body'],
  ['above the limit', asking('provider/m', 'x'.repeat(1024 * 1024)), 'request_too_large', null],
  [
    'that is no UTF-8',
    Buffer.from('{"model":"provider/m","messages":[{"role":"user","content":"\xff"}]}', 'latin1'),
    'invalid_json',
    null,
  ],
  ['that gives the model twice', '{"model":"provider/m","messages":[],"model":"x"}', 'invalid_request', 'model'],
  [
    'that gives the model twice in disguise',
    '{"model":"provider/m","messages":[],"m\\u006fdel":"x"}',
    'invalid_request',
    'model',
  ],
  ['with __proto__ at its top', '{"__proto__":{"model":"provider/m"},"messages":[]}', 'invalid_request', '__proto__'],
  ['without a model', { messages: HI }, 'invalid_request', 'model'],
  ['with an empty model', { model: '', messages: HI }, 'invalid_request', 'model'],
  ['without messages', { model: 'provider/m' }, 'invalid_request', 'messages'],
  ['with no message', { model: 'provider/m', messages: [] }, 'invalid_request', 'messages'],
  ['with messages that are no list', { model: 'provider/m', messages: {} }, 'invalid_request', 'messages'],
  [
    'with an unknown role',
    { model: 'provider/m', messages: [{ role: 'robot', content: '' }] },
    'invalid_request',
    'messages.0.role',
  ],
  [
    'with a number as content',
    { model: 'provider/m', messages: [{ role: 'user', content: 1 }] },
    'invalid_request',
    'messages.0.content',
  ],
  [
    'with a text as temperature',
    { model: 'provider/m', messages: HI, temperature: 'hot' },
    'invalid_request',
    'temperature',
  ],
  ['with a temperature of 3', { model: 'provider/m', messages: HI, temperature: 3 }, 'invalid_request', 'temperature'],
  ['with a negative limit', { model: 'provider/m', messages: HI, max_tokens: -1 }, 'invalid_request', 'max_tokens'],
  ['with stream as a text', { model: 'provider/m', messages: HI, stream: 'yes' }, 'invalid_request', 'stream'],
  [
    'with a tool that has no name',
    { model: 'provider/m', messages: HI, tools: [{ type: 'function', function: {} }] },
    'invalid_request',
    'tools.0.function.name',
  ],
  ['with n of 0', { model: 'provider/m', messages: HI, n: 0 }, 'invalid_request', 'n'],
  ['with an unknown model', asking('provider/nothing', 'Hi'), 'model_not_found', 'model'],
  ['with an unknown connection', asking('nowhere/m', 'Hi'), 'model_not_found', 'model'],
  ['with a model named like a property', asking('__proto__', 'Hi'), 'model_not_found', 'model'],
  ['with a model that is switched off', asking('provider/off', 'Hi'), 'model_unavailable', 'model'],
];
