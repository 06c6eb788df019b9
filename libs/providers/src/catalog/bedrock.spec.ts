import { describe, expect, it } from '@jest/globals';
import { modelListEndpoint } from '../endpoint.ts';
import { baseUrlOf } from '../registry.ts';
import { bedrock } from './bedrock.ts';

const listed = (baseUrl: string): string[] => {
  const { origin, path, further } = modelListEndpoint(bedrock, { baseUrl, options: {} }, undefined)!;
  return [origin + path, ...further.map((place) => place.origin + place.path)];
};

describe('the address of Bedrock', () => {
  it('follows from the region, unless the connection brings its own', () => {
    expect(baseUrlOf(bedrock, { baseUrl: null, options: { region: 'eu-west-1' } })).toBe(
      'https://bedrock-runtime.eu-west-1.amazonaws.com',
    );
    expect(baseUrlOf(bedrock, { baseUrl: null, options: { region: 'cn-north-1' } })).toBe(
      'https://bedrock-runtime.cn-north-1.amazonaws.com.cn',
    );
    expect(baseUrlOf(bedrock, { baseUrl: 'https://own.example', options: { region: 'eu-west-1' } })).toBe(
      'https://own.example',
    );
    expect(baseUrlOf(bedrock, { baseUrl: null, options: {} })).toBeUndefined();
  });

  it('has the model lists on another host, but below an address of one’s own there', () => {
    expect(listed('https://bedrock-runtime.eu-west-1.amazonaws.com')).toEqual([
      'https://bedrock.eu-west-1.amazonaws.com/foundation-models',
      'https://bedrock.eu-west-1.amazonaws.com/inference-profiles?maxResults=1000',
    ]);
    expect(listed('https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com')[0]).toBe(
      'https://bedrock-fips.us-gov-west-1.amazonaws.com/foundation-models',
    );
    expect(listed('http://127.0.0.1:1/below')[0]).toBe('http://127.0.0.1:1/below/foundation-models');
  });
});

describe('the models of Bedrock', () => {
  const read = (body: unknown): string[] => bedrock.modelList!.read!(body).map(({ id }) => id);

  it('are those that answer in text when called as they are', () => {
    const modelSummaries = [
      {
        modelId: 'amazon.nova-lite-v1:0',
        modelName: 'Nova Lite',
        outputModalities: ['TEXT'],
        inferenceTypesSupported: ['ON_DEMAND'],
      },
      { modelId: 'amazon.titan-embed', outputModalities: ['EMBEDDING'], inferenceTypesSupported: ['ON_DEMAND'] },
      { modelId: 'anthropic.claude-x', outputModalities: ['TEXT'], inferenceTypesSupported: ['INFERENCE_PROFILE'] },
      { modelId: 'plain' },
      { modelId: 'two words' },
      { modelId: 7 },
      null,
    ];
    expect(read({ modelSummaries })).toEqual(['amazon.nova-lite-v1:0', 'plain']);
    expect(bedrock.modelList!.read!({ modelSummaries })[0]?.displayName).toBe('Nova Lite');
  });

  it('are inference profiles too', () => {
    const inferenceProfileSummaries = [
      { inferenceProfileId: 'us.anthropic.claude-x', inferenceProfileName: 'US Claude X', status: 'ACTIVE' },
      { inferenceProfileId: 'old', status: 'LEGACY' },
    ];
    expect(read({ inferenceProfileSummaries })).toEqual(['us.anthropic.claude-x']);
  });

  it.each([null, {}, { modelSummaries: {} }])('are none in %j', (body) => {
    expect(() => read(body)).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: 'provider_bad_answer' }) }),
    );
  });

  it.each([
    ['global.anthropic.claude-haiku-4-5-20251001-v1:0', true],
    ['us.anthropic.claude-sonnet-4-6', true],
    ['regional.anthropic.claude-opus-4-20250514-v1:0', false],
    ['global.anthropic.claude-opus-4-6-v1:0', false],
    ['amazon.titan-embed-text-v1', false],
    ['amazon.nova-sonic-v1:0', false],
  ])('%s is offered for chat: %s', (model, isOffered) => {
    expect(bedrock.isChatModel!(model)).toBe(isOffered);
  });

  it.each([
    [
      'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      { reasoning: 'budget', json_schema: true, images: true, tools: true },
    ],
    ['global.anthropic.claude-opus-4-8', { reasoning: 'adaptive', json_schema: false, sampling: false }],
    ['us.amazon.nova-2-lite-v1:0', { reasoning: 'effort', json_schema: false, images: true }],
    ['amazon.nova-micro-v1:0', { reasoning: 'none', images: false, tools: true }],
    ['meta.llama3-8b-instruct-v1:0', { tools: false }],
    ['openai.gpt-oss-120b-1:0', { reasoning: 'effort', json_schema: true, images: false }],
  ])('%s can %j', (model, capabilities) => {
    expect(bedrock.capabilitiesOf!(model)).toMatchObject(capabilities);
  });
});

describe('the environment of Bedrock', () => {
  it.each([
    [{ AWS_REGION: 'us-east-1', AWS_BEARER_TOKEN_BEDROCK: 'k' }, true],
    [{ AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'k' }, true],
    [{ AWS_REGION: 'us-east-1', AWS_PROFILE: 'p' }, true],
    [{ BEDROCK_BASE_URL: 'http://127.0.0.1:1' }, true],
    [{ AWS_REGION: 'us-east-1' }, false],
    [{ AWS_ACCESS_KEY_ID: 'k' }, false],
    [{}, false],
  ])('%j describes a connection: %s', (variables, isPresent) => {
    expect(bedrock.environment!.isPresent!(variables)).toBe(isPresent);
  });
});
