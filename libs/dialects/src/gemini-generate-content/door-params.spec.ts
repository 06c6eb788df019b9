import { describe, expect, it } from '@jest/globals';
import { ownParam } from './door-params.ts';

describe('a field of the hub, for a Gemini client', () => {
  it.each([
    ['messages.2.content.0', 'contents'],
    ['tools.1.function.parameters', 'tools'],
    ['tool_choice.function', 'toolConfig.functionCallingConfig'],
    ['n', 'generationConfig.candidateCount'],
    ['presence_penalty', 'generationConfig.presencePenalty'],
    ['response_format.json_schema.schema', 'generationConfig.responseSchema'],
    ['generationConfig.speechConfig', 'generationConfig.speechConfig'],
  ])('%s is %s', (param, own) => {
    expect(ownParam(param)).toBe(own);
  });
});
