import { describe, expect, it } from '@jest/globals';
import type { Capabilities } from '@parley/contracts';
import { findProvider } from '@parley/providers';
import type { ModelEntry } from '../configuration/deployments.ts';
import { modelAt } from '../engine/call.testing.ts';
import { keepAble } from './keep-able.ts';

function entry(id: string, capabilities: Capabilities = {}, providerId = 'openai-compatible'): ModelEntry {
  const known = modelAt(id);
  const provider = findProvider(providerId)!;
  const target = { ...known.deployment.target, capabilities };
  return { ...known, deployment: { ...known.deployment, provider, dialect: provider.dialects[0], target } };
}

const embeds = entry('a/embeds', { embeddings: true });
const chats = entry('a/chats', { embeddings: false });
const unknown = entry('a/unknown');
const claude = entry('b/claude', {}, 'anthropic-compatible');

describe('a plan', () => {
  it('for a chat keeps what chats and what is not known', () => {
    expect(keepAble([embeds, chats, unknown, claude], { kind: 'chat', model: 'all' })).toEqual([
      chats,
      unknown,
      claude,
    ]);
  });

  it('for embeddings keeps what makes them and what is not known, where the provider has a format for them', () => {
    expect(keepAble([chats, claude, unknown, embeds], { kind: 'embeddings', model: 'all' })).toEqual([unknown, embeds]);
  });

  it.each([
    ['chat', embeds, 'does not chat'],
    ['embeddings', chats, 'does not make embeddings'],
    ['embeddings', claude, 'does not make embeddings'],
  ] as const)('for %s of nothing that can is the caller’s mistake', (kind, only, words) => {
    expect.assertions(1);
    try {
      keepAble([only], { kind, model: 'my-alias' });
    } catch (error) {
      expect(error).toMatchObject({
        code: 'invalid_request',
        details: { param: 'model', values: { problem: expect.stringMatching(`"my-alias".*${words}`) } },
      });
    }
  });
});
