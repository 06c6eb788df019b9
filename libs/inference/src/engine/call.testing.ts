import type { Capabilities, ChatRequest } from '@parley/contracts';
import { chatDoor, findMembers } from '@parley/dialects';
import type { StoredKey } from '@parley/persistence';
import { findProvider } from '@parley/providers';
import { compilePrice } from '../accounting/price.ts';
import type { ModelEntry } from '../configuration/deployments.ts';
import type { ChatCall } from './call.ts';

export const KEY: StoredKey = {
  id: 'key-1',
  name: 'test',
  role: 'member',
  hash: 'hash',
  last4: '1234',
  models: null,
  rpm: null,
  tpm: null,
  maxParallel: null,
  budgets: [],
  expiresAt: null,
  locale: null,
  tags: [],
  project: 'project',
};

/** A model with a price of 1 and 2 US dollars per million tokens. */
export function modelAt(id: string, baseUrl = 'http://127.0.0.1:1'): ModelEntry {
  const [connection = '', upstreamModel = ''] = id.split('/');
  const provider = findProvider('openai-compatible')!;
  const capabilities: Capabilities = {};
  return {
    deployment: {
      id,
      connection,
      provider,
      dialect: provider.dialects[0],
      target: { provider: connection, upstreamModel, capabilities, maxOutputTokens: null },
      baseUrl,
      allowPrivateNetwork: true,
      options: {},
      credentials: [],
    },
    price: compilePrice({ input: '1', output: '2', cached_input: '0.1' }),
    priceVersion: 1,
    isAvailable: true,
    label: id,
    stored: null,
  };
}

export function makeCall(model: string, fields: Partial<ChatCall> = {}): ChatCall {
  const stream = fields.mode === 'stream';
  const request: ChatRequest = { model, messages: [{ role: 'user', content: 'hi' }], ...(stream && { stream }) };
  const bytes = Buffer.from(JSON.stringify(request));
  return {
    kind: 'chat',
    requestId: 'req_1',
    key: KEY,
    door: chatDoor,
    route: '/v1/chat/completions',
    mode: 'sync',
    model: request.model,
    source: { bytes, members: findMembers(bytes), body: request, request },
    strict: false,
    startedAt: new Date(),
    startedAtMs: performance.now(),
    deadlineAtMs: performance.now() + 10_000,
    signal: new AbortController().signal,
    attempts: [],
    ...fields,
  };
}
