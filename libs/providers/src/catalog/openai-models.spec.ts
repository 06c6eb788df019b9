import { describe, expect, it } from '@jest/globals';
import type { Capabilities } from '@parley/contracts';
import { openaiCapabilitiesOf } from './openai-models.ts';

const NEWER: Capabilities = { reasoning: 'effort', max_completion_tokens: true };

describe("OpenAI's models", () => {
  it.each<[model: string, expected: Capabilities]>([
    ['gpt-4o-mini', { reasoning: 'none' }],
    ['gpt-3.5-turbo', { reasoning: 'none' }],
    ['o1-mini', { ...NEWER, sampling: false, parallel_tool_calls: false, system_role: 'user' }],
    ['o3', { ...NEWER, sampling: false, parallel_tool_calls: false, system_role: 'developer' }],
    ['gpt-5', { ...NEWER, sampling: false }],
    ['gpt-5-mini-2025-08-07', { ...NEWER, sampling: false }],
    ['gpt-5-chat-latest', { max_completion_tokens: true }],
    ['gpt-5.1', { ...NEWER, sampling: 'without_reasoning' }],
    ['gpt-5.4-mini', { ...NEWER, sampling: 'without_reasoning' }],
    ['gpt-5.6-luna', { ...NEWER, sampling: false }],
    ['a-name-of-tomorrow', {}],
  ])('%s is known by its name', (model, expected) => {
    expect(openaiCapabilitiesOf(model)).toEqual(expected);
  });
});
