import { openaiChat } from '@parley/dialects';
import { readCompatibleModel } from '../model-list/by-dialect.ts';
import { asFlag, type Entry, known, readEntries } from '../model-list/read-entries.ts';
import type { ListedModel, Provider } from '../provider.ts';

/** https://docs.fireworks.ai/tools-sdks/openai-compatibility */
function readModel(entry: Entry): ListedModel {
  const { supports_chat: chat, supports_tools: calls, supports_image_input: sees } = entry;
  const [isForChat, tools, images] = [asFlag(chat), asFlag(calls), asFlag(sees)];
  return {
    ...readCompatibleModel(entry),
    capabilities: known({ tools, images }),
    ...known({ isForChat }),
  };
}

export const fireworks: Provider = {
  id: 'fireworks',
  name: 'Fireworks AI',
  dialects: [openaiChat],
  baseUrl: 'https://api.fireworks.ai/inference/v1',
  auth: 'bearer',
  needsCredential: true,
  modelList: { read: (body) => readEntries(body, ['data'], readModel) },
  environment: { prefix: 'FIREWORKS', apiKey: ['FIREWORKS_API_KEY'] },
  pricesId: 'fireworks',
  // The price list has the last part of the name; the quicker and the regional forms are routers.
  upstreamNameOf: (priced) => `accounts/fireworks/${/-(?:fast|us)$/.test(priced) ? 'routers' : 'models'}/${priced}`,
  defaultModel: 'accounts/fireworks/models/gpt-oss-20b',
};
