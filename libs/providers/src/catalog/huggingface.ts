import { openaiChat } from '@parley/dialects';
import { readCompatibleModel } from '../model-list/by-dialect.ts';
import { asCount, asEntry, asFlag, type Entry, holds, known, readEntries } from '../model-list/read-entries.ts';
import type { ListedModel, Provider } from '../provider.ts';

/**
 * Each model is served by several providers of its own price and window. Which of them answers is known after the call
 * only, so the smallest window is told and no price. https://huggingface.co/docs/inference-providers/hub-api
 */
function readModel(entry: Entry): ListedModel {
  const servers = Array.isArray(entry.providers) ? entry.providers.map(asEntry) : [];
  const live = servers.filter(({ status }) => status === undefined || status === 'live');
  const windows = live.map((server) => asCount(server.context_length)).filter((count) => count !== null);
  const calls = live.map((server) => asFlag(server.supports_tools)).filter((flag) => flag !== undefined);
  const tools = calls.length > 0 ? calls.includes(true) : undefined;
  const images = holds(asEntry(entry.architecture).input_modalities, 'image');
  const isForChat = holds(asEntry(entry.architecture).output_modalities, 'text');
  return {
    ...readCompatibleModel(entry),
    contextLength: windows.length > 0 ? Math.min(...windows) : null,
    capabilities: known({ tools, images }),
    ...known({ isForChat }),
  };
}

export const huggingface: Provider = {
  id: 'huggingface',
  name: 'Hugging Face',
  dialects: [openaiChat],
  baseUrl: 'https://router.huggingface.co/v1',
  auth: 'bearer',
  needsCredential: true,
  modelList: { read: (body) => readEntries(body, ['data'], readModel) },
  environment: { prefix: 'HUGGING_FACE', apiKey: ['HUGGING_FACE_API_KEY', 'HF_TOKEN'] },
  // https://huggingface.co/docs/inference-providers/tasks/chat-completion
  // Of the servers behind the router some refuse `n`.
  quirks: { oneChoice: true, renamed: { max_completion_tokens: 'max_tokens' }, developerAsSystem: true },
};
