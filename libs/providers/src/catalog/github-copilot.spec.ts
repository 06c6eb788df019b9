import { describe, expect, it } from '@jest/globals';
import { endpointOf, modelListEndpoint } from '../endpoint.ts';
import { githubCopilot } from './github-copilot.ts';

const token = { id: 'c', secret: 'gho_token' };

describe('GitHub Copilot', () => {
  it('never shows the GitHub token in a call, and says which program calls', () => {
    const account = { baseUrl: 'https://api.business.githubcopilot.com', options: {} };
    const endpoint = endpointOf(githubCopilot, 'openai-chat', account, 'gpt-5', token);
    expect(endpoint.origin + endpoint.wholePath).toBe('https://api.business.githubcopilot.com/chat/completions');
    expect(endpoint.authorize).toBeDefined();
    expect(JSON.stringify(endpoint)).not.toContain('gho_token');
    expect(endpoint.headers).toMatchObject({
      'editor-version': expect.any(String),
      'copilot-integration-id': 'vscode-chat',
    });
    const list = modelListEndpoint(githubCopilot, account, token)!;
    expect(list.origin + list.path).toBe('https://api.business.githubcopilot.com/models');
    expect(list.authorize).toBeDefined();
  });

  it('reads the limits out of its list', () => {
    const limits = { max_context_window_tokens: 128_000, max_output_tokens: 16_384 };
    expect(
      githubCopilot.modelList!.read!({
        data: [{ id: 'gpt-5', name: 'GPT-5', capabilities: { limits } }, { id: 'other' }],
      }),
    ).toEqual([
      { id: 'gpt-5', displayName: 'GPT-5', contextLength: 128_000, maxOutputTokens: 16_384 },
      { id: 'other', displayName: null, contextLength: null, maxOutputTokens: null },
    ]);
  });

  it('is there only where the operator asks for it', () => {
    const isPresent = (variables: Record<string, string>) => githubCopilot.environment!.isPresent!(variables);
    expect(isPresent({ GITHUB_TOKEN: 'x' })).toBe(false);
    expect(isPresent({ GITHUB_COPILOT_ENABLED: '1' })).toBe(false);
    expect(isPresent({ GITHUB_TOKEN: 'x', GITHUB_COPILOT_ENABLED: '1' })).toBe(true);
  });

  it('has no prices', () => {
    expect(githubCopilot.pricesId).toBeUndefined();
  });
});
