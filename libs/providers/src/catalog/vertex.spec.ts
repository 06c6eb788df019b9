import { describe, expect, it } from '@jest/globals';
import type { ConnectionOptions, DialectId } from '@parley/contracts';
import { endpointOf, modelListEndpoint } from '../endpoint.ts';
import { baseUrlOf } from '../registry.ts';
import { vertex } from './vertex.ts';

const token = { id: 'c', secret: 'ya29.token' };

function addressOf(model: string, options: ConnectionOptions, baseUrl: string | null = null): [string, string] {
  const account = { baseUrl: baseUrlOf(vertex, { baseUrl, options })!, options };
  const dialect = vertex.dialectOf!(model) as DialectId;
  const { origin, wholePath, streamPath } = endpointOf(vertex, dialect, account, model, token);
  return [origin + wholePath, origin + streamPath];
}

describe('Vertex AI', () => {
  it.each<[model: string, options: ConnectionOptions, base: string, verbs: [string, string]]>([
    [
      'gemini-2.5-flash',
      { project: 'p' },
      'https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1/publishers/google/models/gemini-2.5-flash',
      ['generateContent', 'streamGenerateContent?alt=sse'],
    ],
    [
      'google/gemini-3.5-flash',
      { project: 'p', location: 'global' },
      'https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google/models/gemini-3.5-flash',
      ['generateContent', 'streamGenerateContent?alt=sse'],
    ],
    [
      'claude-sonnet-4-5@20250929',
      { project: 'p', location: 'us-east5' },
      'https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-5@20250929',
      ['rawPredict', 'streamRawPredict'],
    ],
    [
      'anthropic/claude-opus-4-6',
      { project: 'p', location: 'eu' },
      'https://aiplatform.eu.rep.googleapis.com/v1/projects/p/locations/eu/publishers/anthropic/models/claude-opus-4-6',
      ['rawPredict', 'streamRawPredict'],
    ],
  ])('is called for %s with %j at its own place', (model, options, base, [whole, stream]) => {
    expect(addressOf(model, options)).toEqual([`${base}:${whole}`, `${base}:${stream}`]);
  });

  it.each(['https://proxy.example/x', 'https://proxy.example/x/v1', 'https://proxy.example/x/v1beta1/'])(
    'is called through %s',
    (baseUrl) => {
      const [whole] = addressOf('gemini-2.5-flash', { project: 'p' }, baseUrl);
      expect(whole).toMatch(/^https:\/\/proxy\.example\/x\/v1\/projects\/p\/locations\/us-central1\//);
      const list = modelListEndpoint(vertex, { baseUrl, options: {} }, token)!;
      expect(list.origin + list.path).toMatch('https://proxy.example/x/v1beta1/publishers/google/models?');
    },
  );

  it('lets no name of a model out of its folder', () => {
    const [whole] = addressOf('../../x?y#z', { project: 'p' });
    expect(new URL(whole)).toMatchObject({ search: '', hash: '' });
    expect(whole).toMatch(/\/publishers\/google\/models\/\.\.%2F\.\.%2Fx%3Fy%23z:generateContent$/);
  });

  it('reads the names out of its list', () => {
    const models = [{ name: 'publishers/google/models/gemini-2.5-pro', versionId: 'default' }, { name: 7 }];
    expect(vertex.modelList!.read!({ publisherModels: models }).map(({ id }) => id)).toEqual(['gemini-2.5-pro']);
    expect(() => vertex.modelList!.read!({})).toThrow('provider_bad_answer');
  });

  it.each([
    ['gemini-2.5-pro', 'budget'],
    ['claude-opus-4-6', 'adaptive'],
    ['anthropic/claude-sonnet-4-5@20250929', 'budget'],
  ])('knows how %s reasons: %s', (model, reasoning) => {
    expect(vertex.capabilitiesOf!(model).reasoning).toBe(reasoning);
  });
});
