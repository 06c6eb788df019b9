import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { DialectId, EmbeddingsRequest, ErrorCode } from '@parley/contracts';
import { geminiGenerateContent } from '../gemini-generate-content/index.ts';
import { openaiChat } from '../openai-chat/index.ts';
import { decodeEmbeddingsRequest } from './request.ts';
import { embeddingsFormatOf } from './formats.ts';
import { sizeOf } from './vectors.ts';

type Recording = { case: string; endpoint: string; status: number; model: string };

const root = process.env['PARLEY_RECORDINGS'] ?? join(import.meta.dirname, '../../../../../shared/recordings');
const present = existsSync(join(root, 'cases.tsv'));
if (!present) console.warn('SKIPPED: recordings not found; tests over recorded embeddings do not run');

const DECODERS = { openai: openaiChat.decodeFailure, gemini: geminiGenerateContent.decodeFailure };

const CODES: Record<string, ErrorCode> = {
  'openai/embeddings-err400--text-embedding-3-small': 'provider_refused_request',
  'openai/embeddings-err403--gpt-3.5-turbo-instruct': 'provider_refused_request',
  'openai/embeddings-err404--non-existent-embedding-model': 'model_not_found',
  'openai/embeddings-err404--nonexistent': 'model_not_found',
  'openai/embeddings-err404--not-found-model': 'model_not_found',
  'openai/embeddings-err404--text-embedding-4-ultra': 'model_not_found',
  'gemini/embeddings-err404--nonexistent-model': 'model_not_found',
};

function listRecordings(provider: string): Recording[] {
  const directory = join(root, provider);
  return readdirSync(directory)
    .filter((name) => name.endsWith('.meta.json'))
    .map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as Recording)
    .filter(({ endpoint }) => endpoint === 'embeddings');
}

const readJson = (provider: string, name: string): unknown =>
  JSON.parse(readFileSync(join(root, provider, `${name}.json`), 'utf8'));

(present ? describe : describe.skip)('recorded embeddings', () => {
  it('are all read here', () => {
    const failed = (['openai', 'gemini'] as const).flatMap((provider) =>
      listRecordings(provider).map((recording) => `${provider}/${recording.case}`),
    );
    expect(failed.toSorted()).toEqual(Object.keys(CODES).toSorted());
    expect(listRecordings('ollama')).toHaveLength(1);
  });

  it.each(Object.entries(CODES))('fail as they should: %s', (id, code) => {
    const [provider = '', name = ''] = id.split('/');
    const { status } = listRecordings(provider).find((recording) => recording.case === name)!;
    const body = readJson(provider, `${name}.response`);
    expect(DECODERS[provider as keyof typeof DECODERS](status, {}, body)).toMatchObject({ code, upstream: { status } });
  });

  it('of Ollama give their vector', () => {
    const [recording] = listRecordings('ollama');
    const format = embeddingsFormatOf('ollama-chat' satisfies DialectId, recording!.model)!;
    const asked = readJson('ollama', `${recording!.case}.request`) as EmbeddingsRequest;
    const answer = readJson('ollama', `${recording!.case}.response`) as { embeddings: number[][] };
    const { vectors } = format.decodeResponse(answer, { request: asked, headers: {} });
    expect(vectors).toEqual(answer.embeddings);
    expect(sizeOf(vectors[0]!)).toBe(768);
    const target = { provider: 'ollama', upstreamModel: asked.model, capabilities: {}, maxOutputTokens: null };
    const { body } = format.encodeRequest({ model: 'any', input: asked.input }, target);
    expect(body).toEqual({ model: asked.model, input: [asked.input] });
  });

  it('were asked for in ways that our own door takes or refuses as the vendor did', () => {
    for (const { case: name, status } of listRecordings('openai')) {
      const asked = readJson('openai', `${name}.request`);
      if (status === 400) expect(() => decodeEmbeddingsRequest(asked)).toThrow('invalid_request');
      else expect(decodeEmbeddingsRequest(asked)).toBe(asked);
    }
  });
});

it('takes a model that is asked for what it cannot do for the caller’s mistake, not for a bad key', () => {
  const error = {
    message: 'You are not allowed to generate embeddings from this model',
    type: 'invalid_request_error',
  };
  expect(openaiChat.decodeFailure(403, {}, { error })).toMatchObject({ code: 'provider_refused_request' });
  const forbidden = { message: 'Project does not have access', type: 'invalid_request_error' };
  expect(openaiChat.decodeFailure(403, {}, { error: forbidden })).toMatchObject({ code: 'provider_auth_failed' });
});
