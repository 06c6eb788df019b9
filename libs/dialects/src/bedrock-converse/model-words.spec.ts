import { describe, expect, it } from '@jest/globals';
import { cachePointsOf, isClaude, makerOf } from './model-words.ts';

describe('the maker of a model', () => {
  it.each([
    ['anthropic.claude-3-haiku-20240307-v1:0', 'anthropic'],
    ['us.anthropic.claude-haiku-4-5-20251001-v1:0', 'anthropic'],
    ['global.amazon.nova-2-lite-v1:0', 'amazon'],
    ['us-gov.anthropic.claude-x', 'anthropic'],
    ['amazon.nova-lite-v1:0', 'amazon'],
    ['apac.amazon.nova-lite-v1:0', 'amazon'],
    ['meta.llama3-3-70b-instruct-v1:0', 'meta'],
    ['global.openai.gpt-5.6-luna', 'openai'],
    ['minimax.minimax-m2.1', 'minimax'],
    ['ai21.jamba-1-5-large-v1:0', 'ai21'],
    ['arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-x', 'anthropic'],
    ['arn:aws:bedrock:us-east-1:1:application-inference-profile/a1b2c3', undefined],
    ['small', undefined],
  ])('of %s is %s', (model, maker) => {
    expect(makerOf(model)).toBe(maker);
  });
});

describe('what a name allows', () => {
  it('is Claude’s where the name does not tell', () => {
    expect(['anthropic.claude-x', 'small', 'amazon.nova-lite-v1:0'].map(isClaude)).toEqual([true, true, false]);
    expect(cachePointsOf('small')).toEqual({ inTools: true, inMessages: true, forOneHour: true });
    expect(cachePointsOf('us.amazon.nova-lite-v1:0')).toEqual({ inTools: false, inMessages: true, forOneHour: false });
    expect(cachePointsOf('amazon.titan-text-lite-v1')).toMatchObject({ inMessages: false });
  });
});
