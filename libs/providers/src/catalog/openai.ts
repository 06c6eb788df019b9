import type { DialectId } from '@parley/contracts';
import { openaiChat, openaiResponses } from '@parley/dialects';
import type { Provider } from '../provider.ts';
import { openaiCapabilitiesOf } from './openai-models.ts';

const CHAT = /^(?:gpt-[3-9]|o\d|chatgpt-)/;
const NOT_CHAT = /audio|realtime|transcribe|tts|image|instruct|-search|0301|0613|1106|-16k|vision-preview|:|ft-/;

/**
 * Models that `/chat/completions` refuses: `This model is only supported in v1/responses`. Sources: their pages at
 * https://platform.openai.com/docs/models, and the names that OpenAI's own SDK knows for Responses alone.
 */
const RESPONSES_ONLY = /codex|^(?:gpt|o)[\w.-]*-pro(?:-|$)|-deep-research|^computer-use/;

/** The other way round: their pages name `/chat/completions` alone. */
const CHAT_ONLY = /-search|audio/;

function dialectOf(upstreamModel: string): DialectId | undefined {
  return RESPONSES_ONLY.test(upstreamModel) ? 'openai-responses' : undefined;
}

export const openai: Provider = {
  id: 'openai',
  name: 'OpenAI',
  dialects: [openaiChat, openaiResponses],
  dialectOf,
  alsoSpeaks: (model) => (CHAT_ONLY.test(model) ? [] : ['openai-responses']),
  baseUrl: 'https://api.openai.com/v1',
  auth: 'bearer',
  needsCredential: true,
  environment: { apiKey: ['OPENAI_API_KEY'], prefix: 'OPENAI' },
  pricesId: 'openai',
  defaultModel: 'gpt-5.4-mini',
  isChatModel: (model) => CHAT.test(model) && !NOT_CHAT.test(model),
  isEmbeddingModel: (model) => model.startsWith('text-embedding-'),
  capabilitiesOf: openaiCapabilitiesOf,
};
