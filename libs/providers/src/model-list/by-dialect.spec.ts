import { describe, expect, it } from '@jest/globals';
import { DIALECT_IDS, type DialectId } from '@parley/contracts';
import fc from 'fast-check';
import { readModelList } from './by-dialect.ts';

const DIALECTS: readonly DialectId[] = DIALECT_IDS;

describe('reading a model list', () => {
  it('reads what OpenAI and servers like it say', () => {
    const data = [
      { id: 'gpt-5', object: 'model' },
      { id: 'vendor/m', name: 'M', context_length: 8192 },
      { id: 'v', max_model_len: 4096 },
    ];
    expect(readModelList('openai-chat', { object: 'list', data })).toEqual([
      { id: 'gpt-5', displayName: null, contextLength: null, maxOutputTokens: null },
      { id: 'vendor/m', displayName: 'M', contextLength: 8192, maxOutputTokens: null },
      { id: 'v', displayName: null, contextLength: 4096, maxOutputTokens: null },
    ]);
  });

  it('reads what Anthropic says', () => {
    const data = [{ type: 'model', id: 'claude-x', display_name: 'Claude X' }];
    expect(readModelList('anthropic-messages', { data, has_more: false })).toEqual([
      { id: 'claude-x', displayName: 'Claude X', contextLength: null, maxOutputTokens: null },
    ]);
  });

  it('reads what Gemini says, without the prefix that its names have', () => {
    const models = [{ name: 'models/gemini-x', displayName: 'X', inputTokenLimit: 100, outputTokenLimit: 10 }];
    expect(readModelList('gemini-generate-content', { models })).toEqual([
      { id: 'gemini-x', displayName: 'X', contextLength: 100, maxOutputTokens: 10 },
    ]);
  });

  it('reads what Ollama and Cohere say', () => {
    const tags = [{ name: 'qwen3:8b', model: 'qwen3:8b', size: 5 }, { name: 'old:1b' }];
    expect(readModelList('ollama-chat', { models: tags }).map(({ id }) => id)).toEqual(['qwen3:8b', 'old:1b']);
    const models = [{ name: 'command-a-03-2025', endpoints: ['chat'], context_length: 288_000 }];
    expect(readModelList('cohere-chat', { models })).toEqual([
      { id: 'command-a-03-2025', displayName: null, contextLength: 288_000, maxOutputTokens: null },
    ]);
  });

  it('leaves out what makes no sense', () => {
    const data = [
      null,
      7,
      {},
      { id: 7 },
      { id: 'a b' },
      { id: 'a\0b' },
      { id: 'x'.repeat(257) },
      { id: 'kept', context_length: -1 },
    ];
    expect(readModelList('openai-chat', { data })).toEqual([
      { id: 'kept', displayName: null, contextLength: null, maxOutputTokens: null },
    ]);
  });

  it('gives clean names or a failure of the provider for whatever comes', () => {
    const anything = fc.oneof(
      fc.anything(),
      fc.record({
        data: fc.array(fc.anything()),
        models: fc.array(fc.anything()),
        modelSummaries: fc.array(fc.anything()),
      }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...DIALECTS), anything, (dialect, body) => {
        try {
          for (const { id } of readModelList(dialect, body)) expect(id).toMatch(/^[^\s\p{Cc}]+$/u);
        } catch (error) {
          expect(error).toMatchObject({ failure: { code: 'provider_bad_answer' } });
        }
      }),
    );
  });
});
