import { openaiChat } from '@parley/dialects';
import { copilotAuth } from '../auth/copilot-token.ts';
import { readEntries, type Entry } from '../model-list/read-entries.ts';
import type { ListedModel, Provider } from '../provider.ts';

function readModel({ id, name, capabilities }: Entry): ListedModel {
  const { limits } = Object(capabilities) as { limits?: unknown };
  const { max_context_window_tokens: context, max_output_tokens: output } = Object(limits) as Entry;
  return {
    id: typeof id === 'string' ? id : '',
    displayName: typeof name === 'string' ? name : null,
    contextLength: typeof context === 'number' ? context : null,
    maxOutputTokens: typeof output === 'number' ? output : null,
  };
}

/**
 * GitHub Copilot as its editor plugins use it. GitHub offers it to them and to nobody else, so it is off unless the
 * operator asks for it. Paid for by subscription: a call has no price, which is not to say that it costs nothing.
 * A business has its own base URL, `https://api.business.githubcopilot.com`.
 */
export const githubCopilot: Provider = {
  id: 'github-copilot',
  name: 'GitHub Copilot',
  dialects: [openaiChat],
  baseUrl: 'https://api.githubcopilot.com',
  auth: copilotAuth(),
  needsCredential: true,
  headers: () => ({ 'editor-version': 'vscode/1.104.0', 'copilot-integration-id': 'vscode-chat' }),
  modelList: { address: ({ baseUrl }) => `${baseUrl}/models`, read: (body) => readEntries(body, ['data'], readModel) },
  environment: {
    apiKey: ['GITHUB_TOKEN'],
    prefix: 'GITHUB_COPILOT',
    isPresent: (variables) => variables['GITHUB_COPILOT_ENABLED'] === '1' && Boolean(variables['GITHUB_TOKEN']),
  },
};
